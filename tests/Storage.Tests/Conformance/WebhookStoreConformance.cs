using OrleansTasks.Webhooks;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>What every store of webhooks must do.</summary>
public abstract class WebhookStoreConformance
{
    private const long Week = IWebhookStore.DeliveriesKeptFor;

    protected abstract IWebhookStore Store { get; }

    [Fact]
    public async Task Commit_Webhook_IsReadBackWithEverything()
    {
        var epoch = await Store.TakeEpoch();
        var webhook = new WebhookRow("b", "https://b.example/x?y=z", WebhookTypes.Task | WebhookTypes.Queue, true, 5, new byte[] { 1, 2, 3 })
        {
            OldSecret = new byte[] { 4 }, OldUntil = 6, LastN = 7, FailingSince = 8, Seen = new WebhookCursor(9, 10, 11, 12), GoneAt = 13,
            Filter = new WebhookFilter(["failed"], ["a b", "é"], ["etl"], ["nightly"], [new Label("team", "x")]),
        };
        Assert.True(await Store.Commit(Commit(epoch, put: [webhook, Plain("a")])));
        Reopen();

        var (a, b) = await Store.List() is [var first, var second] ? (first, second) : throw new InvalidOperationException("Not two.");
        Assert.Equal("a", a.Id);
        Assert.True(a.OldSecret.IsEmpty);
        Assert.Equal(webhook.Secret.ToArray(), b.Secret.ToArray());
        Assert.Equal(webhook.OldSecret.ToArray(), b.OldSecret.ToArray());
        Assert.Equal(webhook.Filter.ToStored(), b.Filter.ToStored());
        Assert.True(a.Filter.IsEmpty);
        Assert.Equal(webhook, b with { Secret = webhook.Secret, OldSecret = webhook.OldSecret, Filter = webhook.Filter });
    }

    [Fact]
    public async Task Commit_OfAnEarlierOwner_ChangesNothing()
    {
        var first = await Store.TakeEpoch();
        Assert.True(await Store.Owns(first));
        Assert.True(await Store.Commit(Commit(first, put: [Plain("a")])));
        var second = await Store.TakeEpoch();

        Assert.True(second > first);
        Assert.False(await Store.Owns(first));
        Assert.False(await Store.Commit(Commit(first, put: [Plain("b")], deleted: ["a"], deliveries: [Delivery("a", 1)])));

        Assert.Equal("a", Assert.Single(await Store.List()).Id);
        Assert.Empty(await All("a"));
        Assert.True(await Store.Commit(Commit(second, put: [Plain("b")])));
    }

    [Fact]
    public async Task TakeEpoch_AfterARestart_IsHigherAgain()
    {
        var before = await Store.TakeEpoch();
        Reopen();

        Assert.True(await Store.TakeEpoch() > before);
    }

    [Fact]
    public async Task Deliveries_AreReadNewestFirstInPages()
    {
        var epoch = await Store.TakeEpoch();
        var full = new WebhookDelivery(2, "m2", "{}"u8.ToArray(), 5, DeliveryState.Open, 3, 500, 17, 99, "no");
        await Store.Commit(Commit(epoch, put: [Plain("a")], deliveries:
            [Delivery("a", 1), new("a", full, 2), Delivery("a", 3), Delivery("b", 9)]));
        Reopen();

        Assert.Equal([3L, 2, 1], (await All("a")).Select(static row => row.Delivery.N));
        var page = Assert.Single(await Store.Deliveries("a", 3, 0, 1)).Delivery;
        Assert.Equal("{}"u8.ToArray(), page.Event.ToArray());
        Assert.Equal(full, page with { Event = full.Event });
        Assert.Equal([(2L, 2)], (await Store.Open()).Select(static row => (row.Delivery.N, row.Steps)));
        Assert.Null((await Store.Deliveries("a", 2, 0, 1))[0].Delivery.Status);
    }

    [Fact]
    public async Task Deliveries_ThatEndedBeforeATime_AreNotShown_ButOpenOnesAre()
    {
        var epoch = await Store.TakeEpoch();
        await Store.Commit(Commit(epoch, deliveries:
            [Delivery("a", 1, at: 10), Delivery("a", 2, DeliveryState.Open, at: 10), Delivery("a", 3, at: 20)], at: 20));

        Assert.Equal([3L, 2], (await Store.Deliveries("a", long.MaxValue, 11, 10)).Select(static row => row.Delivery.N));
    }

    [Fact]
    public async Task Commit_DeliveryOfTheSameMessage_TakesThePlaceOfTheEarlier()
    {
        var epoch = await Store.TakeEpoch();
        await Store.Commit(Commit(epoch, deliveries: [Delivery("a", 1, message: "m"), Delivery("b", 1, message: "m")]));
        await Store.Commit(Commit(epoch, deliveries: [Delivery("a", 2, message: "m")]));

        Assert.Equal([2L], (await All("a")).Select(static row => row.Delivery.N));
        Assert.Equal([1L], (await All("b")).Select(static row => row.Delivery.N));
    }

    [Fact]
    public async Task Commit_BeyondTheBounds_RemovesTheOldestThatHaveEnded()
    {
        var epoch = await Store.TakeEpoch();
        await Store.Commit(Commit(epoch, deliveries: [Delivery("a", 1, DeliveryState.Open), Delivery("a", 2), Delivery("b", 1)]));
        await Store.Commit(Commit(epoch, deliveries: [.. Enumerable.Range(3, 1_000).Select(static n => Delivery("a", n))]));

        Assert.Equal([1L, 3], (await All("a")).Select(static row => row.Delivery.N).Order().Take(2));
        Assert.Equal(1_001, (await All("a")).Length);
        Assert.Single(await All("b"));

        await Store.Commit(Commit(epoch, deliveries: [Delivery("a", 1_003, at: Week + 6)], at: Week + 6));
        Assert.Equal([1_003L, 1], (await All("a")).Select(static row => row.Delivery.N));
        Assert.Empty(await All("b"));
    }

    [Fact]
    public async Task Delete_RemovesTheWebhookWithItsDeliveries()
    {
        var epoch = await Store.TakeEpoch();
        await Store.Commit(Commit(epoch, put: [Plain("a"), Plain("b")], deliveries: [Delivery("a", 1, DeliveryState.Open), Delivery("b", 1)]));
        await Store.Commit(Commit(epoch, deleted: ["a"]));
        Reopen();

        Assert.Equal("b", Assert.Single(await Store.List()).Id);
        Assert.Empty(await Store.Open());
        Assert.Empty(await All("a"));
        Assert.Single(await All("b"));
    }

    [Fact]
    public async Task Any_TellsWhetherThereIsAWebhook_AfterEveryChange()
    {
        Assert.False(await Store.Any());
        var epoch = await Store.TakeEpoch();
        await Store.Commit(Commit(epoch, put: [Plain("a"), Plain("b")]));
        Assert.True(await Store.Any());
        Reopen();
        Assert.True(await Store.Any());
        await Store.Commit(Commit(epoch, deleted: ["a"]));
        Assert.True(await Store.Any());
        await Store.Commit(Commit(epoch, deleted: ["b"]));
        Assert.False(await Store.Any());
    }

    [Fact]
    public async Task IsDeleted_TellsForAWeekOfWhatWasDeleted_AndOfNothingElse()
    {
        var epoch = await Store.TakeEpoch();
        await Store.Commit(Commit(epoch, put: [Plain("a"), Plain("b"), Plain("c")]));
        await Store.Commit(Commit(epoch, deleted: ["a"], at: 5));
        Reopen();

        Assert.Equal((true, false, false), await Deleted());
        await Store.Commit(Commit(epoch, deleted: ["b"], at: Week + 5));
        Assert.Equal((true, true, false), await Deleted());
        await Store.Commit(Commit(epoch, deleted: ["c"], at: Week + 6));
        Assert.Equal((false, true, true), await Deleted());

        async Task<(bool A, bool B, bool C)> Deleted() =>
            (await Store.IsDeleted("a"), await Store.IsDeleted("b"), await Store.IsDeleted("c"));
    }

    protected abstract void Reopen();

    private static WebhookRow Plain(string id) => new(id, "http://a", WebhookTypes.Job, false, 1, new byte[] { 1 });

    private static DeliveryRow Delivery(
        string webhook, long n, DeliveryState state = DeliveryState.Delivered, long at = 5, string? message = null) =>
        new(webhook, new WebhookDelivery(n, message ?? $"m{n}", "1"u8.ToArray(), at, state, 1, null, 0, null, null), 1);

    private static WebhookCommit Commit(
        long epoch, ImmutableArray<WebhookRow>? put = null, ImmutableArray<string>? deleted = null,
        ImmutableArray<DeliveryRow>? deliveries = null, long at = 5) =>
        new(epoch, put ?? [], deleted ?? [], deliveries ?? [], at);

    private Task<ImmutableArray<DeliveryRow>> All(string webhook) => Store.Deliveries(webhook, long.MaxValue, 0, 10_000);
}
