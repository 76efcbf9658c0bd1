using System.Collections.Immutable;
using OrleansTasks.Access;
using OrleansTasks.Client.Access;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Tests.Access;

public sealed class KeyRingTests
{
    private readonly ManualTime _time = new();
    private ImmutableArray<KeyRecord> _stored = [Key("one", "secret-one")];
    private int _readings;
    private bool _fails;

    [Fact]
    public async Task Find_KnownKey_IsFoundWithOneReading()
    {
        var ring = Ring();
        Assert.Equal("one", (await ring.Find("secret-one"))?.Id);
        Assert.Equal("one", (await ring.Find("secret-one"))?.Id);
        Assert.Equal(1, _readings);
    }

    [Fact]
    public async Task Find_KeyThatHasExpired_IsNotFound()
    {
        var end = _time.GetUtcNow() + TimeSpan.FromSeconds(1);
        _stored = [Key("one", "secret-one") with { ExpiresAt = end.ToUnixTimeMilliseconds() }];
        var ring = Ring();
        Assert.NotNull(await ring.Find("secret-one"));
        Assert.NotNull(await ring.FindById("one"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await ring.Find("secret-one"));
        Assert.Null(await ring.FindById("one"));
    }

    [Fact]
    public async Task Reread_SeesARevocationAtOnce_AndFailureChangesNothing()
    {
        var ring = Ring();
        await ring.Find("secret-one");
        _fails = true;
        await ring.Reread();
        Assert.NotNull(await ring.FindById("one"));
        (_fails, _stored) = (false, []);
        _time.Advance(TimeSpan.FromTicks(1));
        await ring.Reread();
        Assert.Null(await ring.FindById("one"));
    }

    [Fact]
    public async Task Find_UnknownKey_IsNotFound()
    {
        var ring = Ring();
        Assert.Null(await ring.Find("secret-On"));
        Assert.Null(await ring.Find(""));
    }

    [Fact]
    public async Task Find_KeyMadeAMomentAgo_IsFoundAtOnce()
    {
        var ring = Ring();
        await ring.Find("secret-one");
        _stored = _stored.Add(Key("two", "secret-two"));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("two", (await ring.Find("secret-two"))?.Id);
    }

    [Fact]
    public async Task Find_RevokedKey_IsNotFoundAfterFiveSeconds()
    {
        var ring = Ring();
        await ring.Find("secret-one");
        _stored = [];
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(await ring.Find("secret-one"));
        Assert.Null(await ring.FindById("one"));
    }

    [Fact]
    public async Task Find_StoreOutOfReach_GoesOnForAMomentAndThenSaysSo()
    {
        var ring = Ring();
        await ring.Find("secret-one");
        _fails = true;
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal("one", (await ring.Find("secret-one"))?.Id);
        _time.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await ring.Find("secret-one"));
        _fails = false;
        Assert.Equal("one", (await ring.Find("secret-one"))?.Id);
    }

    [Fact]
    public async Task Find_ManyWrongKeysAtOnce_ShareReadings()
    {
        var pending = new List<TaskCompletionSource<ImmutableArray<KeyRecord>>>();
        var asked = new SemaphoreSlim(0);
        var ring = new KeyRing(() =>
        {
            // Whoever waits is woken on another thread, at any time: some only when the second reading is over.
            var answer = new TaskCompletionSource<ImmutableArray<KeyRecord>>(TaskCreationOptions.RunContinuationsAsynchronously);
            pending.Add(answer);
            asked.Release();
            return answer.Task;
        }, _time);
        var first = ring.Find("wrong").AsTask();
        Assert.True(await asked.WaitAsync(TimeSpan.FromSeconds(30)), "nobody read");
        _time.Advance(TimeSpan.FromMilliseconds(1));
        var others = Enumerable.Range(0, 100).Select(_ => ring.Find("wrong").AsTask()).ToArray();
        pending[0].SetResult([]);
        Assert.True(await asked.WaitAsync(TimeSpan.FromSeconds(30)), "nobody read");
        pending[1].SetResult([]);
        await Gateway.Eventually.Within(Task.WhenAll([first, .. others]));
        Assert.Equal(2, pending.Count);
    }

    private KeyRing Ring() => new(() =>
    {
        _readings++;
        return _fails ? Task.FromException<ImmutableArray<KeyRecord>>(new StoreUnavailableException()) : Task.FromResult(_stored);
    }, _time);

    private static KeyRecord Key(string id, string text) => new(id, id, KeyHash.Of(text), Scopes.Read);
}
