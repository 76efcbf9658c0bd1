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
            sessions.Begin(_key);
        }

        Assert.Null(sessions.FindKeyId(oldest));
    }
}
