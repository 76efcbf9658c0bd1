using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.Storage.Tests.Conformance;
using OrleansTasks.Storage.Tests.Postgres;
using OrleansTasks.Storage.Tests.S3;
using OrleansTasks.Storage.Tests.Sqlite;

namespace OrleansTasks.Storage.Tests.Files;

public sealed class FolderFileStoreConformance : FileStoreConformance, IDisposable
{
    private readonly TempFolder folder = new();

    public FolderFileStoreConformance() => Store = new FolderFileStore(folder.File("files"), 0, TimeProvider.System);

    protected override IFileStore Store { get; }

    public void Dispose() => folder.Dispose();
}

[Trait("Needs", "postgres")]
public sealed class PostgresFileStoreConformance : FileStoreConformance, IDisposable
{
    private readonly PostgresTestDatabase database = new();

    protected override IFileStore Store => new PostgresFileStore(database.Database);

    public void Dispose() => database.Dispose();
}

[Trait("Needs", "s3")]
public sealed class S3FileStoreConformance : FileStoreConformance, IDisposable
{
    private readonly S3Place place = new();

    protected override IFileStore Store => place.Store;

    public void Dispose() => place.Dispose();
}

public sealed class MemoryFileStoreConformance : FileStoreConformance
{
    protected override IFileStore Store { get; } = new MemoryFileStore();
}

public sealed class SqliteFileIndexConformance : FileIndexConformance, IDisposable
{
    private readonly TestDatabase database = new();

    protected override IFileIndex Index => new SqlFileIndex(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

[Trait("Needs", "postgres")]
public sealed class PostgresFileIndexConformance : FileIndexConformance, IDisposable
{
    private readonly PostgresTestDatabase database = new();

    protected override IFileIndex Index => new SqlFileIndex(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

public sealed class MemoryFileIndexConformance : FileIndexConformance
{
    protected override IFileIndex Index { get; } = new MemoryFileIndex();
}
