using OrleansTasks.Access;
using OrleansTasks.Client.Access;

namespace OrleansTasks.Client.Tests.Access;

public sealed class SessionStoreTests
{
    private static readonly KeyRecord _key = new("key", "", KeyHash.Of("text"), Scopes.Read);
    private readonly ManualTime _time = new();

    [Fact]
    public void FindKeyId_BegunSession_NamesItsKey()
    {
        var sessions = new SessionStore(_time);
        var secret = sessions.Begin(_key);
        Assert.Equal("key", sessions.FindKeyId(secret));
        Assert.Null(sessions.FindKeyId(secret[..^1]));
        Assert.NotEqual(secret, sessions.Begin(_key));
    }

    [Fact]
    public void EndOf_Session_IsALifetimeAfterItsBeginning()
    {
        var sessions = new SessionStore(_time);
        var secret = sessions.Begin(_key);
        var end = sessions.EndOf(secret);
        Assert.Equal(_time.GetUtcNow() + SessionStore.Lifetime, end);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(end, sessions.EndOf(secret));
        Assert.Null(sessions.EndOf(secret[..^1]));
    }

    [Fact]
    public void FindKeyId_EndedSession_IsNull()
    {
        var sessions = new SessionStore(_time);
        var secret = sessions.Begin(_key);
        sessions.End(secret);
        Assert.Null(sessions.FindKeyId(secret));
    }

    [Fact]
    public void FindKeyId_AfterItsLifetime_IsNull()
    {
        var sessions = new SessionStore(_time);
        var secret = sessions.Begin(_key);
        _time.Advance(SessionStore.Lifetime);
        Assert.Null(sessions.FindKeyId(secret));
    }

    [Fact]
    public void Begin_TooMany_EndsTheOldest()
    {
        var sessions = new SessionStore(_time);
        var oldest = sessions.Begin(_key);
        for (var i = 0; i < SessionStore.Most; i++)
        {
            _time.Advance(TimeSpan.FromTicks(1));
            sessions.Begin(_key with { Id = $"key {i / SessionStore.MostOfOne}" });
        }

        Assert.Null(sessions.FindKeyId(oldest));
    }

    [Fact]
    public void Begin_TooManyOfOneKey_EndsTheOldestOfThatKeyAlone()
    {
        var sessions = new SessionStore(_time);
        var other = sessions.Begin(_key with { Id = "other" });
        var secrets = new List<string>();
        for (var i = 0; i <= SessionStore.MostOfOne; i++)
        {
            _time.Advance(TimeSpan.FromTicks(1));
            secrets.Add(sessions.Begin(_key));
        }

        Assert.Equal("other", sessions.FindKeyId(other));
        Assert.Null(sessions.FindKeyId(secrets[0]));
        Assert.All(secrets[1..], secret => Assert.Equal("key", sessions.FindKeyId(secret)));
    }

    [Fact]
    public void Begin_AfterSomeOfAKeysSessionsEnded_EndsNoOther()
    {
        var sessions = new SessionStore(_time);
        var secrets = Enumerable.Range(0, SessionStore.MostOfOne).Select(_ => sessions.Begin(_key)).ToList();
        sessions.End(secrets[0]);
        Assert.True(sessions.EndById(sessions.List()[^1].Id));
        secrets.RemoveAll(secret => sessions.FindKeyId(secret) is null);
        Assert.Equal(SessionStore.MostOfOne - 2, secrets.Count);

        secrets.AddRange([sessions.Begin(_key), sessions.Begin(_key)]);

        Assert.All(secrets, secret => Assert.Equal("key", sessions.FindKeyId(secret)));
    }

    [Fact]
    public void FindKeyId_AfterItsKeyHasExpired_IsNull()
    {
        var sessions = new SessionStore(_time);
        var end = _time.GetUtcNow() + TimeSpan.FromHours(1);
        var secret = sessions.Begin(_key with { ExpiresAt = end.ToUnixTimeMilliseconds() });
        Assert.Equal(end, sessions.EndOf(secret));
        Assert.Single(sessions.List());
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(sessions.List());
        Assert.Null(sessions.FindKeyId(secret));
    }

    [Fact]
    public void List_NamesSessionsByIdsThatEndThem()
    {
        var sessions = new SessionStore(_time);
        var (first, second) = (sessions.Begin(_key), sessions.Begin(_key with { Id = "other" }));
        _time.Advance(TimeSpan.FromMinutes(1));
        sessions.NoteUse(second, "10.0.0.7");
        var listed = sessions.List();
        var used = Assert.Single(listed, static one => one.KeyId == "other");
        Assert.Equal(new SessionUse(_time.GetUtcNow(), "10.0.0.7"), used.LastUse);
        Assert.Equal((_time.GetUtcNow() - TimeSpan.FromMinutes(1), 2), (used.CreatedAt, listed.Length));
        Assert.True(sessions.EndById(used.Id));
        Assert.False(sessions.EndById(used.Id));
        Assert.False(sessions.EndById(second));
        Assert.Equal(("key", null), (sessions.FindKeyId(first), sessions.FindKeyId(second)));
    }
}
