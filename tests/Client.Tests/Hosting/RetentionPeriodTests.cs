using OrleansTasks.Silo;

namespace OrleansTasks.Client.Tests.Hosting;

public sealed class RetentionPeriodTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(20, 5)]
    [InlineData(240, 60)]
    [InlineData(7 * 86_400, 60)]
    public void RetentionPeriod_FollowsAShortRetention_WithinASecondAndTheInterval(int retention, int period) => Assert.Equal(
        TimeSpan.FromSeconds(period), new SiloOptions { Retention = TimeSpan.FromSeconds(retention) }.RetentionPeriod);
}
