using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Tests.Conformance;

namespace OrleansTasks.Storage.Tests.Files;

public sealed class FileOutputStoreConformance : OutputStoreConformance, IDisposable
{
    private readonly TempFolder folder = new();
    private readonly FileOutputStore store;

    public FileOutputStoreConformance() => store = new FileOutputStore(folder.File("output"), openFiles: 2);

    protected override IOutputStore Store => store;

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }
}
