using OrleansTasks.Jobs;
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
            log.Note(Long, i);
            log.Note(new TaskId(1, (ulong)i), 1);
        }

        Assert.Equal((2 * UploadLog.Kept) - 1, log.TakenOf(Long));
    }

    [Fact]
    public void Note_OneTooMany_ForgetsTheOneUnusedForLongest()
    {
        var log = new UploadLog();
        log.Note(Long, 7);
        for (var i = 1; i < UploadLog.Kept; i++)
            log.Note(new TaskId(1, (ulong)i), i);
        Assert.Equal(7, log.TakenOf(Long));

        log.Note(new TaskId(2, 0), 1);

        Assert.Null(log.TakenOf(Long));
        Assert.Equal(1, log.TakenOf(new TaskId(1, 1)));
        Assert.Equal(1, log.TakenOf(new TaskId(2, 0)));
    }
}
