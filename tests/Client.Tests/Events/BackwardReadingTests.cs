using System.Collections.Immutable;
using OrleansTasks.Client.Events;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Events;

public sealed class BackwardReadingTests
{
    private readonly VirtualTime time = new();
    private readonly HistoryScan scan;

    public BackwardReadingTests() => scan = new HistoryScan(time);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(BackwardReading.PageSize)]
    [InlineData(BackwardReading.PageSize + 1)]
    [InlineData(1_000)]
    public async Task Read_AnyLength_ReturnsEachRecordOnceFromTheEnd(int count)
    {
        Assert.Equal(Enumerable.Range(1, count).Select(static no => (long)no).Reverse(), await Read(Log(1, count)));
        Assert.True(scan.IsComplete);
    }

    [Fact]
    public async Task Read_NumbersAreMissing_ReturnsTheOthers()
    {
        long[] log = [1, 2, 900, 901, 5_000];
        Assert.Equal(log.Reverse(), await Read(log));
        Assert.True(scan.IsComplete);
    }

    [Fact]
    public async Task Read_RecordsWereRemoved_IsIncomplete()
    {
        Assert.Equal(300, (await Read(Log(701, 300), gone: 700)).Count);
        Assert.False(scan.IsComplete);
    }

    [Fact]
    public async Task Read_RecordsWereRemovedThatAreTooOldAnyway_IsComplete()
    {
        Assert.Equal(Log(1_189, 512).Reverse(), await Read(Log(701, 1_000), gone: 700, from: 1_650));
        Assert.True(scan.IsComplete);
    }

    [Fact]
    public async Task Read_RecordsComeWhileItReads_LeavesThemOut()
    {
        var log = Log(1, 300);
        var records = new List<long>();
        await foreach (var record in BackwardReading.Read(
            0, 200, (after, limit) => Task.FromResult(Page(log, after, limit)), static no => (no, no), 0, scan))
            records.Add(record);
        Assert.Equal(Log(1, 200).Reverse(), records);
    }

    [Fact]
    public async Task Read_TakesTooLong_EndsIncomplete()
    {
        var log = Log(1, 1_000);
        var records = new List<long>();
        await foreach (var record in BackwardReading.Read(
            0, 1_000, (after, limit) => Task.FromResult(Late(log, after, limit)), static no => (no, no), 0, scan))
            records.Add(record);
        Assert.Equal(Log(489, 512).Reverse(), records);
        Assert.False(scan.IsComplete);
    }

    private static long[] Log(long first, int count) => [.. Enumerable.Range(0, count).Select(no => first + no)];

    private static ImmutableArray<long> Page(long[] log, long after, int limit) =>
        [.. log.Where(no => no > after).Take(limit)];

    private ImmutableArray<long> Late(long[] log, long after, int limit)
    {
        time.Advance(TimeSpan.FromSeconds(1));
        return Page(log, after, limit);
    }

    private async Task<List<long>> Read(long[] log, long gone = 0, long from = 0)
    {
        var records = new List<long>();
        var read = BackwardReading.Read(
            gone, log.LastOrDefault(), (after, limit) => Task.FromResult(Page(log, after, limit)), static no => (no, no),
            from, scan);
        await foreach (var record in read)
            records.Add(record);
        return records;
    }
}
