"""Terms of the field for the grader, near pairs among them on purpose."""

TERMS = (
    "A/B testing", "accuracy", "alerting", "API gateway", "asynchronous", "authentication", "authorization",
    "autoscaling", "availability", "backpressure", "batch processing", "blue-green deployment", "caching",
    "canary release", "CAP theorem", "checkpointing", "circuit breaker", "CI/CD", "consensus", "containerization",
    "content delivery network", "continuous delivery", "continuous deployment", "CPU", "data ingestion", "data lake",
    "data lakehouse", "data mart", "data warehouse", "deadlock", "decryption", "denormalization", "Docker",
    "downsampling", "embedding", "encryption", "ETL", "ELT", "eventual consistency", "failover", "fault tolerance",
    "feature store", "Flink", "GDPR", "Git", "GPU", "Grafana", "gRPC", "Hadoop", "HDFS", "horizontal scaling", "HTTP",
    "HTTPS", "idempotence", "inference", "Kafka", "Kubernetes", "L1", "L2", "latency", "load balancer",
    "load balancing", "logging", "LoRA", "QLoRA", "microservice", "MLOps", "DevOps", "model drift", "monitoring",
    "normalization", "orchestration", "overfitting", "underfitting", "precision", "Prometheus", "quantization",
    "quorum", "rate limiting", "recall", "redundancy", "replication", "rollback", "rollout", "scalability",
    "sharding", "SLA", "SLO", "SLI", "Spark", "stateful", "stateless", "supervised", "unsupervised", "synchronous",
    "tail latency", "throughput", "upsampling", "vertical scaling", "version control", "webhook",
)  # fmt: skip
