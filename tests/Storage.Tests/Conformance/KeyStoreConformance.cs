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
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Store.Add(Key("a"), 7));
        Assert.Empty(await Store.List());
    }
}
