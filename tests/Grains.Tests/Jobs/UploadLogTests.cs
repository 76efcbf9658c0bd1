using OrleansTasks.Jobs;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Jobs;

public sealed class UploadLogTests
{
    private static readonly TaskId Long = new(9, 9);

    [Fact]
    public void Note_ManyOthersMeanwhile_KeepsTheOneThatIsUsed()
    {
        var log = new UploadLog();
        for (var i = 0; i < 2 * UploadLog.Kept; i++)
        {
            log.Note(new UploadMark(Long, i));
            log.Note(new UploadMark(new TaskId(1, (ulong)i), 1));
        }

        Assert.Equal((2 * UploadLog.Kept) - 1, log.TakenOf(Long));
    }

    [Fact]
    public void Note_OneTooMany_ForgetsTheOneUnusedForLongestAndKnowsThatItDid()
    {
        var log = new UploadLog();
        log.Note(new UploadMark(Long, 7));
        for (var i = 1; i < UploadLog.Kept; i++)
            log.Note(new UploadMark(new TaskId(1, (ulong)i), i));
        Assert.Equal(7, log.TakenOf(Long));
        Assert.False(log.MayHaveForgotten(Long));

        log.Note(new UploadMark(new TaskId(2, 0), 1));

        Assert.Null(log.TakenOf(Long));
        Assert.True(log.MayHaveForgotten(Long));
        Assert.True(log.MayHaveForgotten(new TaskId(9, 8)));
        Assert.False(log.MayHaveForgotten(new TaskId(9, 10)));
        Assert.Equal(1, log.TakenOf(new TaskId(1, 1)));
        Assert.Equal(1, log.TakenOf(new TaskId(2, 0)));
    }

    [Fact]
    public void Note_ForgottenUploadOfWhichNothingWasTaken_IsAsIfNew()
    {
        var log = new UploadLog();
        for (var i = 0; i <= UploadLog.Kept; i++)
            log.Note(new UploadMark(new TaskId(1, (ulong)i), 0));
        Assert.Null(log.TakenOf(new TaskId(1, 0)));
        Assert.False(log.MayHaveForgotten(new TaskId(1, 0)));
    }

    [Fact]
    public void Note_LowerTotal_ChangesNothing()
    {
        var log = new UploadLog();
        log.Note(new UploadMark(Long, 7));
        log.Note(new UploadMark(Long, 5));
        Assert.Equal(7, log.TakenOf(Long));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(UploadLog.Stored)]
    [InlineData(UploadLog.Stored + 2)]
    public void Read_WhatWasWritten_KnowsTheLatestAndThatItForgotTheOthers(int uploads)
    {
        var log = new UploadLog();
        for (var i = 1; i <= uploads; i++)
            log.Note(new UploadMark(new TaskId(1, (ulong)i), 10 * i));
        log.Note(new UploadMark(new TaskId(2, 0), 0));
        var writer = new ByteWriter();
        log.Write(writer);

        var read = new UploadLog();
        var reader = new ByteReader(writer.ToArray(), isOwn: true);
        read.Read(ref reader);

        Assert.True(reader.IsAtEnd);
        var lost = Math.Max(0, uploads - UploadLog.Stored);
        for (var i = 1; i <= uploads; i++)
        {
            Assert.Equal(i <= lost ? null : 10 * i, read.TakenOf(new TaskId(1, (ulong)i)));
            Assert.Equal(i <= lost, read.MayHaveForgotten(new TaskId(1, (ulong)i)));
        }

        Assert.False(read.MayHaveForgotten(new TaskId(2, 0)));
    }
}
