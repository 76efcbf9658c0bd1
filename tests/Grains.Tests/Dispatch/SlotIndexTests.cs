using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Finding tasks by their ids.</summary>
public sealed class SlotIndexTests
{
    [Theory]
    [InlineData(64)]
    [InlineData(5_000)]
    [InlineData(1_000_000_000)]
    public void Index_AnySequenceOfAdditionsAndRemovals_FindsWhatADictionaryFinds(int distinct)
    {
        var random = new Random(distinct);
        var model = new Dictionary<TaskId, int>();
        var bySlot = new List<TaskId>();
        var index = new SlotIndex(slot => bySlot[slot]);
        for (var step = 0; step < 40_000; step++)
        {
            var id = IdOf(random.Next(distinct));
            Assert.Equal(model.TryGetValue(id, out var expected), index.TryFind(id, out var slot));
            if (model.Remove(id))
            {
                Assert.Equal(expected, slot);
                index.Remove(id);
            }
            else if (random.Next(10) > 2)
            {
                bySlot.Add(id);
                model.Add(id, bySlot.Count - 1);
                index.Add(id, bySlot.Count - 1);
            }
        }

        Assert.Equal(model.Count, index.Count);
        Assert.All(model, pair => Assert.True(index.TryFind(pair.Key, out var slot) && slot == pair.Value));
    }

    [Fact]
    public void Remove_IdsWhosePlacesFollowEachOther_KeepsTheOthersFound()
    {
        // Far more than the table had at first, so that runs of taken places are long and wrap around its end.
        var ids = Enumerable.Range(0, 3_000).Select(IdOf).ToArray();
        var index = new SlotIndex(slot => ids[slot]);
        for (var i = 0; i < ids.Length; i++)
            index.Add(ids[i], i);
        for (var i = 0; i < ids.Length; i += 2)
            index.Remove(ids[i]);
        for (var i = 0; i < ids.Length; i++)
            Assert.Equal(i % 2 == 1, index.TryFind(ids[i], out _));
    }

    [Fact]
    public void Add_IdThatIsThere_IsADefectOfTheCaller()
    {
        var index = new SlotIndex(_ => IdOf(1));
        index.Add(IdOf(1), 0);
        Assert.Throws<ArgumentException>(() => index.Add(IdOf(1), 1));
    }

    /// <summary>Few bits differ, as in ids of one millisecond.</summary>
    private static TaskId IdOf(int number) => new(0x0190_0000_0000_7000, (ulong)number);
}
