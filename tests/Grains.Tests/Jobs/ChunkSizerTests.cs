using OrleansTasks.Jobs;

namespace OrleansTasks.Grains.Tests.Jobs;

/// <summary>Sizes of chunks for items of known cost, on so many slots, with some time that each chunk takes whatever is in it.</summary>
public sealed class ChunkSizerTests
{
    [Theory]
    [InlineData(3_000_000, 1, 5_000, 2)]
    [InlineData(1_000_000, 1, 50_000, 2)]
    [InlineData(100_000, 30, 2_000, 8)]
    [InlineData(10_000, 1_000, 10_000, 4)]
    public void Sizes_WithATimeForEachChunk_StaySensibleToTheEnd(long items, long perItem, long perChunk, int slots)
    {
        var sizer = new ChunkSizer(1024, 1_000_000, null);
        var (count, left) = (0, items);
        while (left > 0)
        {
            var size = sizer.Next(left, slots);
            Assert.InRange(size, 1, left);
            left -= size;
            count++;
            sizer.Note(size, perChunk + (size * perItem));
        }

        Assert.InRange(count, slots, 200);
    }

    [Theory]
    [InlineData(16, 1, 300)]
    [InlineData(16, 5_000, 100)]
    [InlineData(1024, 1, 100)]
    public void Window_WhileSizesGrow_StaysSmall(long firstSize, long perChunk, int most)
    {
        // As many chunks are cut at once as the window lets; then they end together.
        const int Slots = 2;
        var sizer = new ChunkSizer(firstSize, 1_000_000, null);
        var (count, left) = (0, 3_000_000L);
        while (left > 0)
        {
            var sizes = new List<long>();
            for (var window = sizer.Window(Slots); sizes.Count < window && left > 0; left -= sizes[^1])
                sizes.Add(sizer.Next(left, Slots));
            count += sizes.Count;
            sizes.ForEach(size => sizer.Note(size, perChunk + size));
        }

        Assert.InRange(count, 6, most);
    }

    [Fact]
    public void Sizes_WhenItemsBecomeCheapAgain_GrowAgain()
    {
        var sizer = new ChunkSizer(1024, 1_000_000, null);
        void Run(int chunks, long perItem)
        {
            for (var i = 0; i < chunks; i++)
            {
                var size = sizer.Next(long.MaxValue, 4);
                sizer.Note(size, size * perItem);
            }
        }

        Run(50, 1);
        Assert.InRange(sizer.Next(long.MaxValue, 4), 150_000, 250_000);
        Run(120, 10_000);
        Assert.InRange(sizer.Next(long.MaxValue, 4), 10, 40);
        Run(200, 1);
        Assert.InRange(sizer.Next(long.MaxValue, 4), 150_000, 250_000);
    }

    [Theory]
    [InlineData(50_000, 10)]
    [InlineData(200_000, 10)]
    [InlineData(250_000, 50)]
    [InlineData(1_500_000, 20)]
    public void Sizes_IfEachChunkStartsAProgram_MakeTheStartATenth(long start, long perItem)
    {
        // On two slots, with chunks cut ahead, and durations that differ by up to a tenth.
        var sizer = new ChunkSizer(16, 1_000_000, null, startsPrograms: true);
        var random = new Random(1);
        var (items, micros) = (0L, 0L);
        for (var round = 0; round < 60; round++)
        {
            var sizes = Enumerable.Range(0, 4).Select(_ => sizer.Next(long.MaxValue, 2)).ToArray();
            foreach (var size in sizes)
            {
                var took = (long)((start + (size * perItem)) * (1 + (0.1 * random.NextDouble())));
                sizer.Note(size, took);
                if (round >= 20)
                    (items, micros) = (items + size, micros + took);
            }
        }

        var share = 160.0 * start / micros;
        Assert.True(share is > 0.02 and < 0.3, $"starts take {share:0.00} of the time, with {items / 160} items a chunk");
        Assert.InRange(sizer.StartShare, 0, 0.4);
    }

    [Fact]
    public void Sizes_IfItemsTakeLongAndAProgramStartsFast_StaySmall()
    {
        var sizer = new ChunkSizer(16, 1_000_000, null, startsPrograms: true);
        for (var chunk = 0; chunk < 40; chunk++)
        {
            var size = sizer.Next(long.MaxValue, 2);
            sizer.Note(size, 5_000 + (size * 100_000));
        }

        Assert.InRange(sizer.Next(long.MaxValue, 2), 1, 4);
    }

    [Fact]
    public void StartShare_OfChunksThatCannotGrow_IsKnown()
    {
        var sizer = new ChunkSizer(16, 32, null, startsPrograms: true);
        for (var chunk = 0; chunk < 20; chunk++)
        {
            var size = sizer.Next(long.MaxValue, 2);
            sizer.Note(size, 300_000 + (size * 100));
        }

        Assert.InRange(sizer.StartShare, 0.9, 1);
    }
}
