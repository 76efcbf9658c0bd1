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
    protected override ITrustStore Store { get; } = new MemoryTrustStore();
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
