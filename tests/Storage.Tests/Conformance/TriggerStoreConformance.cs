using OrleansTasks.Definitions;
using OrleansTasks.Storage.Triggers;
using OrleansTasks.Triggers;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>What every store of triggers must do.</summary>
public abstract class TriggerStoreConformance
{
    protected abstract ITriggerStore Store { get; }

    protected abstract IDefinitionStore Definitions { get; }

    [Fact]
    public async Task Put_ATrigger_KeepsTheSecretOfItsKind()
    {
        await Define("d");
        Assert.Equal(
            TriggerOutcome.NoDefinition, (await Store.Put(Of("t", "unknown", "one"), keepsSecret: true)).Outcome);
        Assert.Null(await Store.Find("t"));

        var made = await Store.Put(Of("t", "d", "one") with { CreatedAt = 5, ChangedAt = 5 }, keepsSecret: true);
        var next = Of("t", "d", "two") with { CreatedAt = 6, ChangedAt = 6, Body = "{\"a\":1}"u8.ToArray() };
        var kept = await Store.Put(next, keepsSecret: true);
        Assert.Equal((TriggerOutcome.Created, "one"), (made.Outcome, made.Stored!.Secret));
        Assert.Equal((TriggerOutcome.Changed, "one", 5L, 6L),
            (kept.Outcome, kept.Stored!.Secret, kept.Stored.CreatedAt, kept.Stored.ChangedAt));
        Assert.Equal("{\"a\":1}"u8.ToArray(), (await Store.Find("t"))!.Body.ToArray());

        Assert.Equal("three", (await Store.Put(Of("t", "d", "three"), keepsSecret: false)).Stored!.Secret);
        var other = await Store.Put(Of("t", "d", "four") with { Kind = SignatureKind.Slack }, keepsSecret: true);
        Assert.Equal("four", other.Stored!.Secret);
        Assert.False(await Store.SetSecret(Of("t", "d", "five")));
        Assert.True(await Store.SetSecret(Of("t", "d", "five") with { Kind = SignatureKind.Slack }));
        Assert.False(await Store.SetSecret(Of("u", "d", "five")));
        Assert.Equal("five", (await Store.Find("t"))!.Secret);
    }

    [Fact]
    public async Task Put_ThatOnlyCreates_ChangesNoTriggerThatExists()
    {
        await Define("d");
        var made = await Store.Put(Of("t", "d", "one"), keepsSecret: true, onlyCreates: true);
        Assert.Equal((TriggerOutcome.Created, "one"), (made.Outcome, made.Stored?.Secret));

        foreach (var keepsSecret in (bool[])[true, false])
        {
            var refused = await Store.Put(Of("t", "d", "two") with { ChangedAt = 9 }, keepsSecret, onlyCreates: true);
            Assert.Equal((TriggerOutcome.Exists, null), (refused.Outcome, refused.Stored));
        }

        var stored = (await Store.Find("t"))!;
        Assert.Equal(("one", 1L), (stored.Secret, stored.ChangedAt));
        Assert.Equal(
            TriggerOutcome.NoDefinition,
            (await Store.Put(Of("u", "unknown", "one"), keepsSecret: true, onlyCreates: true)).Outcome);
        Assert.True(await Store.Delete("t"));
        Assert.Equal(
            TriggerOutcome.Created,
            (await Store.Put(Of("t", "d", "two"), keepsSecret: true, onlyCreates: true)).Outcome);
    }

    /// <summary>
    /// Calls with one definition wait for each other at its row, and those with several meet at the trigger itself.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Put_ByManyAtOnce_OneCreates_AndTheOthersFindIt(int definitions)
    {
        for (var i = 0; i < definitions; i++)
            await Define($"d{i}");
        for (var round = 0; round < 5; round++)
        {
            var name = $"t{round}";

            // The second half only creates.
            var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
                Store.Put(Of(name, $"d{i % definitions}", $"s{i}"), keepsSecret: true, onlyCreates: i >= 4))));

            var made = Assert.Single(replies, static reply => reply.Outcome == TriggerOutcome.Created);
            Assert.DoesNotContain(TriggerOutcome.Exists, replies[..4].Select(static reply => reply.Outcome));
            Assert.DoesNotContain(TriggerOutcome.Changed, replies[4..].Select(static reply => reply.Outcome));
            // Whoever replaces the trigger keeps the secret that its creator was given.
            Assert.All(
                replies.Where(static reply => reply.Outcome != TriggerOutcome.Exists),
                reply => Assert.Equal(made.Stored!.Secret, reply.Stored!.Secret));
            Assert.Equal(made.Stored!.Secret, (await Store.Find(name))!.Secret);
        }
    }

    [Fact]
    public async Task List_HasNoSecrets_AndPages()
    {
        await Define("d");
        foreach (var name in (string[])["c", "a", "b"])
            await Store.Put(Of(name, "d", "s"), keepsSecret: true);

        Assert.Equal(["a", "b"], (await Store.List("", 2)).Select(static one => one.Name));
        Assert.Equal(["c"], (await Store.List("b", 2)).Select(static one => one.Name));
        Assert.All(await Store.List("", 10), static one => Assert.Equal("", one.Secret));
        Assert.Equal(["a", "b"], await Store.Uses("d", 2));
        Assert.Empty(await Store.Uses("e", 2));
        Assert.True(await Store.Delete("b"));
        Assert.False(await Store.Delete("b"));
        Assert.Equal(["a", "c"], await Store.Uses("d", 20));
    }

    [Fact]
    public async Task DefinitionsDelete_WhileATriggerStartsIt_ChangesNothing()
    {
        await Define("d");
        await Store.Put(Of("t", "d", "s"), keepsSecret: true);

        Assert.False(await Definitions.Delete("d", 1));
        Assert.NotNull(await Definitions.Get("d", null));
        await Store.Delete("t");
        Assert.True(await Definitions.Delete("d", 1));
        Assert.Equal(TriggerOutcome.NoDefinition, (await Store.Put(Of("t", "d", "s"), keepsSecret: true)).Outcome);
    }

    private static TriggerView Of(string name, string definition, string secret) =>
        new(name, definition, "{}"u8.ToArray(), 1, 1, SignatureKind.GitHub, secret);

    private Task Define(string name) =>
        Definitions.Put(new DefinitionView(name, 0, DefinitionKind.Task, "{}"u8.ToArray(), 1), null);
}
