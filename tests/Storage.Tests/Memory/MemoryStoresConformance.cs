using OrleansTasks.Storage.Memory;
using OrleansTasks.Storage.Tests.Conformance;

namespace OrleansTasks.Storage.Tests.Memory;

public sealed class MemoryNodeStoreConformance : NodeStoreConformance
{
    protected override INodeStore Store { get; } = new MemoryNodeStore();
}

public sealed class MemoryQueueStoreConformance : QueueStoreConformance
{
    private readonly MemoryResourceEventStore events = new();

    public MemoryQueueStoreConformance() => Store = new MemoryQueueStore(events);

    protected override IQueueStore Store { get; }

    protected override IResourceEventStore Events => events;
}

public sealed class MemoryTrustStoreConformance : TrustStoreConformance
{
    private readonly MemoryTrustStore trust = new();

    public MemoryTrustStoreConformance() => Nodes = new MemoryNodeStore(trust: trust);

    protected override ITrustStore Store => trust;

    protected override INodeStore Nodes { get; }
}

public sealed class MemoryNodeEventStoreConformance : NodeEventStoreConformance
{
    protected override INodeEventStore Store { get; } = new MemoryNodeEventStore();
}

public sealed class MemoryWebhookStoreConformance : WebhookStoreConformance
{
    protected override IWebhookStore Store { get; } = new MemoryWebhookStore();

    protected override void Reopen()
    {
    }
}

public sealed class MemoryKeyStoreConformance : KeyStoreConformance
{
    protected override IKeyStore Store { get; } = new MemoryKeyStore();
}

public sealed class MemoryOutputStoreConformance : OutputStoreConformance
{
    protected override IOutputStore Store { get; } = new MemoryOutputStore();
}

public sealed class MemoryAuditStoreConformance : AuditStoreConformance
{
    private readonly MemoryAuditStore audit = new();

    public MemoryAuditStoreConformance()
    {
        Tasks = new MemoryTaskStore(TimeProvider.System, audit: audit);
        Queues = new MemoryQueueStore(new MemoryResourceEventStore(), audit);
        Nodes = new MemoryNodeStore(audit);
        Keys = new MemoryKeyStore(audit);
        Webhooks = new MemoryWebhookStore(audit);
    }

    protected override IAuditStore Store => audit;

    protected override ITaskStore Tasks { get; }

    protected override IQueueStore Queues { get; }

    protected override INodeStore Nodes { get; }

    protected override IKeyStore Keys { get; }

    protected override IWebhookStore Webhooks { get; }
}
