namespace OrleansTasks.Storage.Tests.Conformance;

public abstract partial class TaskStoreConformance
{
    private static IdempotencyEntry Key(int n, string body = "b", string answer = "a") => new(
        System.Security.Cryptography.SHA256.HashData([(byte)n]), TestRows.Bytes(body), TestRows.Bytes(answer));

    [Fact]
    public async Task Idempotency_OfACommit_IsFound()
    {
        var queue = await Take();
        await queue.Commit(Key(1, "body", "answer"), queue.New());
        Reopen();
        var found = Assert.Single(await Store.FindIdempotent([Key(2).Key, Key(1).Key], Clock.Now));
        Assert.Equal(Key(1).Key.ToArray(), found.Key.ToArray());
        Assert.Equal(("body", "answer"), (TestRows.Text(found.Body), TestRows.Text(found.Answer)));
    }

    [Fact]
    public async Task Idempotency_KnownKey_FailsTheWholeCommit()
    {
        var queue = await Take();
        await queue.Commit(Key(1, answer: "first"), queue.New());
        var write = queue.New();
        var result = await queue.TryCommit(queue.Plan([write], Key(2), Key(1, answer: "second")));
        Assert.Equal(CommitOutcome.Refused, result.Outcome);
        Assert.Null(await Store.Get(write.Row.Id));
        var found = Assert.Single(await Store.FindIdempotent([Key(1).Key, Key(2).Key], Clock.Now));
        Assert.Equal("first", TestRows.Text(found.Answer));
        Assert.Equal(StoreHealth.Healthy, Store.Health);
    }

    [Fact]
    public async Task Idempotency_SameKeyTwiceInOneCommit_FailsIt()
    {
        var queue = await Take();
        var plan = queue.Plan([queue.New()], Key(1), Key(1));
        Assert.Equal(CommitOutcome.Refused, (await queue.TryCommit(plan)).Outcome);
        Assert.Empty(await Store.FindIdempotent([Key(1).Key], Clock.Now));
    }

    [Fact]
    public async Task Idempotency_After24Hours_IsForgottenAndFree()
    {
        var queue = await Take();
        await queue.Commit(Key(1, answer: "old"), queue.New());
        Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMilliseconds(1));
        Assert.Single(await Store.FindIdempotent([Key(1).Key], Clock.Now));
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Empty(await Store.FindIdempotent([Key(1).Key], Clock.Now));
        await queue.Commit(Key(2), queue.New());
        await queue.Commit(Key(1, answer: "new"), queue.New());
        var found = Assert.Single(await Store.FindIdempotent([Key(1).Key], Clock.Now));
        Assert.Equal("new", TestRows.Text(found.Answer));
    }

    [Fact]
    public async Task Idempotency_OfOneOfManyCommits_LeavesTheOthersAlone()
    {
        var a = await Take("a");
        var b = await Take("b");
        await a.Commit(Key(1), a.New());
        var (refused, fine) = (a.New(), b.New());
        var first = Store.Commit(a.Plan([refused], Key(1)));
        var second = Store.Commit(b.Plan([fine], Key(2)));
        Assert.Equal(CommitOutcome.Refused, (await first).Outcome);
        Assert.Equal(CommitOutcome.Committed, (await second).Outcome);
        Assert.Null(await Store.Get(refused.Row.Id));
        Assert.NotNull(await Store.Get(fine.Row.Id));
    }
}
