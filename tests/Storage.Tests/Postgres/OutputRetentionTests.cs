using OrleansTasks.Storage.Postgres;

namespace OrleansTasks.Storage.Tests.Postgres;

/// <summary>Retention reads the sizes of all stored output once a round.</summary>
[Trait("Needs", "postgres")]
public sealed class OutputRetentionTests : IDisposable
{
    private readonly PostgresTestDatabase data = new();

    private PostgresTaskStore Store => field ??= new PostgresTaskStore(data.Database);

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task DropOutput_AfterAFullCall_GoesOnWithWhatThatFound()
    {
        var queue = await TestQueue.Take(Store, data.Clock);
        TaskWrite[] ended = [.. Enumerable.Range(0, 4).Select(_ => Ended(queue))];
        await queue.Commit(ended);
        TaskId[] ids = [.. ended.Select(static write => write.Row.Id)];
        Assert.Equal(ids[..2], await Store.DropOutput(0, 2));

        // A call that reads all sizes finds these again.
        data.Execute("UPDATE ot.results SET place = 1");
        Assert.Equal(ids[2..3], await Store.DropOutput(0, 1));
        data.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([ids[0], ids[1], ids[3]], await Store.DropOutput(0, 10));
    }

    private static TaskWrite Ended(TestQueue queue)
    {
        var write = queue.New();
        var row = write.Row.Running().Ended();
        return new TaskWrite { Row = row, New = write.New, Result = TestRows.Result(row, TestRows.Filed(100)) };
    }
}
