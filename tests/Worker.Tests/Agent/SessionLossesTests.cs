using OrleansTasks.Tests;
using OrleansTasks.Worker.Agent;

namespace OrleansTasks.Worker.Tests.Agent;

public sealed class SessionLossesTests
{
    private readonly ManualTime time = new();

    [Theory]
    [InlineData(7, new[] { 28, 91, 154 })]
    [InlineData(8, new int[0])]
    public void Sessions_EndAgainAndAgain_AreToldOnceAMinuteFromTheFifthWithinHalfAMinute(int every, int[] expected)
    {
        var losses = new SessionLosses(time);
        var told = new List<int>();
        for (var second = 0; second < 200; second += every, time.Advance(TimeSpan.FromSeconds(every)))
        {
            if (losses.IsSuspicious())
                told.Add(second);
        }

        Assert.Equal(expected, told);
    }
}
