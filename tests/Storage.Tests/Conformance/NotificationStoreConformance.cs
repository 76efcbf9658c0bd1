using OrleansTasks.Storage.Notifications;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>What every store of notifications must do.</summary>
public abstract class NotificationStoreConformance
{
    protected abstract INotificationStore Store { get; }

    [Fact]
    public async Task Put_OnlyAfterTheRowBefore_Writes()
    {
        Assert.False(await Store.Any());
        Assert.False(await Store.Put(Row("a", 2)));
        Assert.True(await Store.Put(Row("a", 1)));
        Assert.False(await Store.Put(Row("a", 1)));
        Assert.False(await Store.Put(Row("a", 3)));
        var next = Row("a", 2) with
        {
            ChangedAt = 7, LogSeen = 1, ResourcesSeen = 2, Known = "{}"u8.ToArray(), SentAt = 3, FailingSince = 4,
            Failure = "why",
        };
        Assert.True(await Store.Put(next));
        Assert.True(await Store.Put(Row("b", 1)));

        var rows = await Store.List();
        Assert.True(await Store.Any());
        Assert.Equal(["a", "b"], rows.Select(static row => row.Name));
        Assert.Equal(
            (2L, 7L, 1L, 2L, 3L, 4L, "why"),
            (rows[0].Number, rows[0].ChangedAt, rows[0].LogSeen, rows[0].ResourcesSeen, rows[0].SentAt,
                rows[0].FailingSince, rows[0].Failure));
        Assert.Equal("{}"u8.ToArray(), rows[0].Known.ToArray());
        Assert.Null(rows[1].Failure);
        Assert.True(rows[1].Known.IsEmpty);
    }

    [Fact]
    public async Task Delete_OnlyTheRowThatIsMeant_Deletes()
    {
        await Store.Put(Row("a", 1));
        Assert.False(await Store.Delete("a", 2));
        Assert.True(await Store.Delete("a", 1));
        Assert.False(await Store.Delete("a", 1));
        Assert.True(await Store.Put(Row("a", 1)));
    }

    private static NotificationRow Row(string name, long number) => new(name, number, "{\"on\":[]}"u8.ToArray(), 5, 6);
}
