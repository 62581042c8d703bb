"""Small bases for the search tests: topics in, a searchable library out."""

from knowledge.model import Base, Library, Topic, TopicKind
from knowledge.search import searchable


def topic(
    id: str,
    title: str,
    summary: str = "-",
    *,
    aliases: tuple[str, ...] = (),
    questions: tuple[str, ...] = (),
    part_of: str | None = None,
    details: str = "",
) -> Topic:
    kind: TopicKind = next(k for k in ("skill", "practice", "career", "concept", "path") if k == id.split("/")[0])
    return Topic(
        id=id,
        kind=kind,
        title=title,
        summary=summary,
        aliases=aliases,
        questions=questions,
        part_of=part_of,
        details=details,
    )


def library(*topics: Topic, language: str = "en") -> Library:
    return searchable(
        Library(
            base=Base("Test", language=language),
            topics={t.id: t for t in topics},
            items={},
            children={},
            names={},
            moved_topics={"skill/old-name": topics[0].id} if topics else {},
            moved_items={},
            version="0" * 16,
        )
    )


def article() -> Library:
    return library(
        topic(
            "skill/data-engineering",
            "Data Engineering",
            "Collecting, storing and transforming large datasets so that they are clean and ready for analysis.",
            aliases=("data pipelines", "ETL"),
            questions=("how do I get raw data into shape?", "how do i build a data pipeline?"),
        ),
        topic(
            "skill/cloud-platforms",
            "Cloud Platforms",
            "Renting computers, storage and services from AWS, Google Cloud or Azure.",
            aliases=("cloud computing",),
            questions=("where can I host my model?", "should we rent servers or buy them?"),
        ),
        topic(
            "skill/security-compliance",
            "Security and Compliance",
            "Keeping data private and following regulations such as GDPR.",
            aliases=("GDPR", "data privacy"),
            questions=("how do we protect personal data?", "which laws apply to user data?"),
        ),
        topic(
            "practice/monitoring-logging",
            "Monitoring and Logging",
            "Watching a running system and recording what it does, to find problems quickly.",
            questions=("how do I see what my service is doing?", "why is my service slow?"),
        ),
        topic(
            "practice/fault-tolerance",
            "Fault Tolerance",
            "Building systems that recover from failures gracefully.",
            aliases=("resilience",),
            questions=("what happens when a server dies?", "how do systems survive failures?"),
        ),
        topic(
            "concept/prometheus",
            "Prometheus",
            "A tool that collects metrics from services.",
            questions=("how do I scrape metrics?",),
            part_of="practice/monitoring-logging",
        ),
        topic(
            "concept/grafana",
            "Grafana",
            "A tool that draws dashboards from metrics.",
            questions=("how do I draw a dashboard?",),
            part_of="practice/monitoring-logging",
        ),
        topic(
            "career/data-engineer",
            "Data Engineer",
            "Builds and maintains the infrastructure for data pipelines.",
            questions=("who builds the pipelines in a company?",),
        ),
        topic(
            "career/devops-engineer",
            "DevOps Engineer",
            "Bridges development and operations and automates deployment.",
            aliases=("devops",),
            questions=("who makes deployments smooth?",),
        ),
    )
