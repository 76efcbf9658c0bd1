using OrleansTasks.Access;
using OrleansTasks.Client.Access;

namespace OrleansTasks.Client.Tests.Access;

public sealed class KeyUsesTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Unstored_HasTheLatestUseOfEachKey_UntilItIsStored()
    {
        var uses = new KeyUses(_time);
        uses.Note("a", "10.0.0.1");
        _time.Advance(TimeSpan.FromSeconds(1));
        uses.Note("a", "10.0.0.2");
        uses.Note("b", null);
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();

        var first = uses.Unstored();
        Assert.Equal(
            [new KeyUse("a", now, "10.0.0.2"), new KeyUse("b", now, null)], first.OrderBy(static use => use.Id));
        // A use that comes while the others are being stored is not taken for stored.
        _time.Advance(TimeSpan.FromSeconds(1));
        uses.Note("b", "10.0.0.3");
        uses.Stored(first);

        Assert.Equal([new KeyUse("b", now + 1_000, "10.0.0.3")], uses.Unstored());
        // What is stored is read from there.
        Assert.Null(uses.Of("a"));
        Assert.Equal("10.0.0.3", uses.Of("b")?.Address);
        uses.Stored(uses.Unstored());
        Assert.Empty(uses.Unstored());
    }
}
