using OrleansTasks.Lifetime;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>When an idle process collects garbage.</summary>
public sealed class IdleHeapTests
{
    private const long MB = 1 << 20;

    private readonly IdleHeap heap = new();

    [Fact]
    public void IsDue_AfterAStart_OnceTheProcessIsIdle()
    {
        Assert.False(heap.IsDue(100 * MB));
        Assert.False(heap.IsDue(101 * MB));
        Assert.False(heap.IsDue(140 * MB));
        Assert.False(heap.IsDue(141 * MB));
        Assert.True(heap.IsDue(142 * MB));
    }

    [Fact]
    public void IsDue_WhileBusy_Never() =>
        Assert.DoesNotContain(Enumerable.Range(1, 1_000), look => heap.IsDue(look * 5 * MB));

    [Theory]
    [InlineData(10, 16)]
    [InlineData(100, 50)]
    public void IsDue_AfterACollection_OnceEnoughHasBeenAllocated(long live, long enough)
    {
        while (!heap.IsDue(100 * MB))
        {
        }

        heap.Collected(live * MB);
        // The idle process allocates 1 MB from look to look.
        var due = Enumerable.Range(1, 1_000).First(look => heap.IsDue((100 + look) * MB));

        Assert.Equal(enough, due);
    }
}
