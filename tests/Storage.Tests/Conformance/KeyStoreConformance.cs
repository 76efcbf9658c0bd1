using OrleansTasks.Access;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>What every key store must do.</summary>
public abstract class KeyStoreConformance
{
    protected abstract IKeyStore Store { get; }

    private static KeyRecord Key(string id) => new(id, $"key {id}", new byte[] { 1, 2, 3 }, Scopes.Read | Scopes.Admin);

    [Fact]
    public async Task Add_IsListedOldestFirst()
    {
        await Store.Add(Key("b"), 5);
        await Store.Add(Key("a"), 4);
        var keys = await Store.List();
        Assert.Equal(["b", "a"], keys.Select(k => k.Id));
        Assert.Equal(("key b", Scopes.Read | Scopes.Admin), (keys[0].Name, keys[0].Scopes));
        Assert.Equal([1, 2, 3], keys[0].Hash.ToArray());
    }

    [Fact]
    public async Task Revoke_EndsAKeyForGood()
    {
        await Store.Add(Key("a"), 5);
        await Store.Add(Key("b"), 5);
        Assert.True(await Store.Revoke("a", 0));
        Assert.False(await Store.Revoke("a", 7));
        Assert.False(await Store.Revoke("none", 7));
        Assert.Equal(["b"], (await Store.List()).Select(k => k.Id));
    }

    [Fact]
    public async Task Add_IdThatIsStored_IsRefused()
    {
        await Store.Add(Key("a"), 5);
        await Store.Revoke("a", 6);
        await Assert.ThrowsAsync<StoreRefusedException>(() => Store.Add(Key("a"), 7));
        Assert.Empty(await Store.List());
    }

    [Fact]
    public async Task List_TellsTimes()
    {
        await Store.Add(Key("a") with { ExpiresAt = 90 }, 5);
        await Store.Add(Key("b"), 6);
        await Store.Used([new KeyUse("a", 20, "10.0.0.7"), new KeyUse("none", 20, null)]);
        await Store.Used([new KeyUse("a", 19, "10.0.0.8"), new KeyUse("b", 21, null)]);

        Assert.Equal(
            [(5, 90, 20, "10.0.0.7"), (6, null, 21, null)],
            (await Store.List()).Select(static key => (key.CreatedAt, key.ExpiresAt, key.LastUsedAt, key.LastAddress)));
    }

    [Fact]
    public async Task RevokeUnlessLastAdmin_KeepsTheLastThatIsValid()
    {
        await Store.Add(Key("reader") with { Scopes = Scopes.Read }, 5);
        await Store.Add(Key("a"), 5);
        await Store.Add(Key("expired") with { ExpiresAt = 50 }, 5);
        await Store.Add(Key("revoked"), 5);
        await Store.Revoke("revoked", 6);

        Assert.Equal(KeyOutcome.LastAdmin, await Store.RevokeUnlessLastAdmin("a", 50));
        Assert.Equal(KeyOutcome.NotFound, await Store.RevokeUnlessLastAdmin("none", 50));
        Assert.Equal(KeyOutcome.NotFound, await Store.RevokeUnlessLastAdmin("revoked", 50));
        Assert.Equal(KeyOutcome.Done, await Store.RevokeUnlessLastAdmin("reader", 50));
        Assert.Equal(KeyOutcome.Done, await Store.RevokeUnlessLastAdmin("expired", 50));
        Assert.Equal(["a"], (await Store.List()).Select(k => k.Id));
        await Store.Add(Key("b"), 50);
        Assert.Equal(KeyOutcome.Done, await Store.RevokeUnlessLastAdmin("a", 51));
        Assert.Equal(KeyOutcome.LastAdmin, await Store.RevokeUnlessLastAdmin("b", 51));
    }

    [Fact]
    public async Task RevokeUnlessLastAdmin_OfTwoAtOnce_KeepsOne()
    {
        for (var round = 0; round < 10; round++)
        {
            string[] ids = [$"a{round}", $"b{round}"];
            foreach (var id in ids)
                await Store.Add(Key(id), 5);
            foreach (var key in (await Store.List()).Where(key => !ids.Contains(key.Id)))
                await Store.Revoke(key.Id, 6);

            var outcomes = await Task.WhenAll(ids.Select(id => Task.Run(() => Store.RevokeUnlessLastAdmin(id, 6))));

            Assert.Equal([KeyOutcome.Done, KeyOutcome.LastAdmin], outcomes.Order());
        }
    }
}
