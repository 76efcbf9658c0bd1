using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Storage.Tests.Conformance;

namespace OrleansTasks.Storage.Tests.Memory;

public sealed class MemoryTaskStoreConformance : TaskStoreConformance
{
    private readonly MemoryTaskStore store;

    public MemoryTaskStoreConformance() => store = new MemoryTaskStore(Clock);

    protected override ITaskStore Store => store;

    protected override IFileIndex Files => store.Files;

    /// <summary>What is committed stays: there is nothing to open again.</summary>
    protected override void Reopen()
    {
    }

    public override void Dispose()
    {
    }
}
