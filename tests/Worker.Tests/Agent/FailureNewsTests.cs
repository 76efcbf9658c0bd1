using OrleansTasks.Tests;
using OrleansTasks.Worker.Agent;

namespace OrleansTasks.Worker.Tests.Agent;

public sealed class FailureNewsTests
{
    private readonly ManualTime time = new();

    [Fact]
    public void Reason_FailsEverySecondForAnHour_IsToldAFewTimes()
    {
        var news = new FailureNews(time);
        var told = new List<int>();
        for (var second = 0; second < 3_600; second++, time.Advance(TimeSpan.FromSeconds(1)))
        {
            if (news.IsNews("refused"))
                told.Add(second);
        }

        Assert.Equal([0, 10, 30, 70, 150, 310, 630, 1230, 1830, 2430, 3030], told);
    }

    [Fact]
    public void Reason_IsAnother_OrComesAfterASuccess_IsToldAtOnce()
    {
        var news = new FailureNews(time);
        Assert.Equal([true, true, false], [news.IsNews("refused"), news.IsNews("unknown"), news.IsNews("refused")]);
        news.Reset();
        Assert.True(news.IsNews("refused"));
    }
}
