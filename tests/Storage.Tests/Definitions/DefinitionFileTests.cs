using System.Text;
using OrleansTasks.Definitions;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Tests.Postgres;
using OrleansTasks.Storage.Tests.Sqlite;

namespace OrleansTasks.Storage.Tests.Definitions;

/// <summary>The stored files that definitions name stay as long as the definitions.</summary>
public abstract class DefinitionFileConformance
{
    private protected abstract ISqlDatabase Database { get; }

    [Fact]
    public async Task Put_OfADefinitionThatNamesFiles_KeepsThoseOfAllVersionsUntilItIsDeleted()
    {
        var (index, store) = (new SqlFileIndex(Database), new SqlDefinitionStore(Database));
        FileName[] names = [FileName.Of("1"u8), FileName.Of("2"u8), FileName.Of("3"u8)];
        await index.Reserve([.. names.Select(static name => new StoredFile(name, 1))], 10);
        await index.Confirm(names, 10);

        var unknown = FileName.Of("no"u8);
        await store.Put(
            Body($$$"""
                {"task":{"cmd":"x","files":[{"path":"a","file":"{{{names[0]}}}"},{"path":"b","file":"{{{unknown}}}"}]}}
                """),
            null);
        await store.Put(
            Body($$$"""
                {"parameters":[{"name":"f","type":"file","default":"{{{names[1]}}}"}],"task":{"cmd":"x"}}
                """),
            null);

        Assert.Equal([names[2]], (await index.Claim(1_000, 1_000, new FileClaim(1, 1_000), 10)).Names);
        Assert.Equal(
            2,
            (await index.List(FileSort.Age, null, 10))
                .Count(static file => file.Uses is [{ Kind: FileUseKind.Definition, Id: "d" }]));
        await store.Delete("d", 20);
        Assert.Equal(2, (await index.Claim(2_000, 1, new FileClaim(2, 2_000), 10)).Names.Length);
    }

    [Fact]
    public async Task Put_OfADefinitionThatNamesAFileWhichIsLeaving_DoesNotNameIt()
    {
        var (index, store) = (new SqlFileIndex(Database), new SqlDefinitionStore(Database));
        var name = FileName.Of("1"u8);
        await index.Reserve([new StoredFile(name, 1)], 10);
        await index.Confirm([name], 10);
        var claim = new FileClaim(1, 1_000);
        Assert.Equal([name], (await index.Claim(1_000, 1_000, claim, 10)).Names);

        await store.Put(Body($$$"""{"task":{"cmd":"x","files":[{"path":"a","file":"{{{name}}}"}]}}"""), null);
        await index.Forget([name], claim);
        await index.Reserve([new StoredFile(name, 1)], 2_000);
        await index.Confirm([name], 2_000);

        Assert.Empty(Assert.Single(await index.List(FileSort.Age, null, 10)).Uses);
    }

    [Fact]
    public async Task Put_OfTwoDefinitionsThatNameTheSameFiles_BlocksNeither()
    {
        var (index, store) = (new SqlFileIndex(Database), new SqlDefinitionStore(Database));
        FileName[] names = [.. Enumerable.Range(0, 300).Select(static n => FileName.Of(BitConverter.GetBytes(n)))];
        await index.Reserve([.. names.Select(static name => new StoredFile(name, 1))], 10);
        await index.Confirm(names, 10);

        for (var round = 0; round < 5; round++)
        {
            await Task.WhenAll(
                Task.Run(() => store.Put(Naming("one", names, round), null)),
                Task.Run(() => store.Put(Naming("other", [.. names.Reverse()], round), null)));
        }

        Assert.All(await index.List(FileSort.Age, null, 1_000), static file => Assert.Equal(2, file.Uses.Length));

        static DefinitionView Naming(string name, FileName[] files, int round) =>
            Body($$$"""{"task":{"argv":["{{{round}}}","{{{string.Join("\",\"", files)}}}"]}}""") with { Name = name, At = 50 + round };
    }

    private static DefinitionView Body(string body) =>
        new("d", 0, DefinitionKind.Task, Encoding.UTF8.GetBytes(body), 50);
}

public sealed class SqliteDefinitionFileTests : DefinitionFileConformance, IDisposable
{
    private readonly TestDatabase database = new();

    private protected override ISqlDatabase Database => database.Database.Sql;

    public void Dispose() => database.Dispose();
}

[Trait("Needs", "postgres")]
public sealed class PostgresDefinitionFileTests : DefinitionFileConformance, IDisposable
{
    private readonly PostgresTestDatabase database = new();

    private protected override ISqlDatabase Database => database.Database.Sql;

    public void Dispose() => database.Dispose();
}
