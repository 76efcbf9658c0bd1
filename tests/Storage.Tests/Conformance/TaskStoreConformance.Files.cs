using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage.Files;

namespace OrleansTasks.Storage.Tests.Conformance;

public abstract partial class TaskStoreConformance
{
    /// <summary>The index of files in the same database.</summary>
    protected abstract IFileIndex Files { get; }

    [Fact]
    public async Task Commit_OfATaskThatNamesFiles_KeepsThemUntilTheTaskIsPruned()
    {
        FileName[] names =
            [.. Enumerable.Range(1, 3).Select(static n => FileName.Of(BitConverter.GetBytes(n))).OrderBy(static name => name.ToString(), StringComparer.Ordinal)];
        await Files.Reserve([.. names.Select(static name => new StoredFile(name, 4))], 10);
        await Files.Confirm(names, 10);
        var queue = await Take();
        var (first, second) = (queue.New(s => s with { Files = [names[0], names[1]] }), queue.New(s => s with { Files = [names[1]] }));
        await queue.Commit(first, second, queue.New(s => s with { Files = default }));

        Assert.Equal([$"{names[0]} {first.Row.Id}", $"{names[1]} {first.Row.Id}", $"{names[1]} {second.Row.Id}"], await Uses());
        var claim = new FileClaim(1, 1_000);
        Assert.Equal([names[2]], (await Files.Claim(1_000, 1_000, claim, 10)).Names);
        await Files.Forget([names[2]], claim);

        await queue.Commit(TestQueue.Change(first, static row => row.Running().Ended(at: 100)));
        Assert.Equal([first.Row.Id], await Store.Prune(101, 101, 10));

        Assert.Equal([$"{names[1]} {second.Row.Id}"], await Uses());
        Assert.Equal([names[0]], (await Files.Claim(2_000, 2_000, new FileClaim(2, 2_000), 10)).Names);

        async Task<IEnumerable<string>> Uses() => (await Files.List(FileSort.Age, null, 10))
            .SelectMany(static file => file.Uses, static (file, use) => $"{file.File.Name} {use.Id}")
            .Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task Commit_OfAnEndWithArtifacts_IsReadBack()
    {
        var queue = await Take();
        var (plain, some, none) = (queue.New(row: r => r.Running()), queue.New(row: r => r.Running()), queue.New(row: r => r.Running()));
        await queue.Commit(plain, some, none);
        await queue.Commit(End(plain, null), End(some, new ArtifactTotals(3, 5L << 30)), End(none, new ArtifactTotals(0, 0)));
        Reopen();

        Assert.Null((await Read(plain.Row.Id)).Artifacts);
        Assert.Equal(new ArtifactTotals(3, 5L << 30), (await Read(some.Row.Id)).Artifacts);
        Assert.Equal(new ArtifactTotals(0, 0), (await Read(none.Row.Id)).Artifacts);
        Assert.Equal(TestRows.TokenOf(1), (await Store.FindOutput(some.Row.Id, 1))!.Token);

        static TaskWrite End(TaskWrite of, ArtifactTotals? artifacts)
        {
            var row = of.Row.Ended();
            return new TaskWrite { Row = row, Result = TestRows.Result(row) with { Artifacts = artifacts } };
        }
    }
}
