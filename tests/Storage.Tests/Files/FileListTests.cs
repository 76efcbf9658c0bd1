using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Tests.Sqlite;

namespace OrleansTasks.Storage.Tests.Files;

/// <summary>How many statements a list of files runs.</summary>
public sealed class FileListTests : IDisposable
{
    private readonly TestDatabase data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task List_OfManyFiles_TakesAsManyStatementsAsOfOne()
    {
        var database = new CountingDatabase(data.Database.Sql);
        var index = new SqlFileIndex(database);
        StoredFile[] files =
            [.. Enumerable.Range(1, 40).Select(static n => new StoredFile(FileName.Of(BitConverter.GetBytes(n)), n))];
        await index.Reserve(files, 5);
        await index.Confirm([.. files.Select(static file => file.Name)], 5);

        Assert.Single(await index.List(FileSort.Age, null, 1));
        Assert.Equal(3, database.Scanned);
        Assert.Equal(40, (await index.List(FileSort.Age, null, 100)).Length);
        Assert.Equal(6, database.Scanned);
    }

    /// <summary>A database that counts the statements of scans.</summary>
    private sealed class CountingDatabase(ISqlDatabase inner) : ISqlDatabase
    {
        public int Scanned { get; private set; }

        public bool HasOneService => inner.HasOneService;

        public Task<T> Read<T>(Func<ISqlSession, ValueTask<T>> read, CancellationToken cancellation = default) =>
            inner.Read(read, cancellation);

        public Task<T> ReadPage<T>(Func<ISqlSession, ValueTask<T>> read, CancellationToken cancellation = default) =>
            inner.ReadPage(read, cancellation);

        public Task<T> Scan<T>(Func<ISqlSession, ValueTask<T>> read, CancellationToken cancellation) =>
            inner.Scan(session => read(new CountingSession(session, () => Scanned++)), cancellation);

        public Task<T> Write<T>(Func<ISqlSession, ValueTask<T>> write) => inner.Write(write);

        public Task<T> WriteInBackground<T>(Func<ISqlSession, ValueTask<T>> write) => inner.WriteInBackground(write);
    }

    private sealed class CountingSession(ISqlSession inner, Action count) : ISqlSession
    {
        public ValueTask<List<T>> All<T>(SqlStatement statement, Func<ISqlRow, T> read)
        {
            count();
            return inner.All(statement, read);
        }

        public ValueTask<int> Run(SqlStatement statement) => inner.Run(statement);

        public ValueTask<int> RunAll(params IReadOnlyList<SqlStatement> statements) => inner.RunAll(statements);
    }
}
