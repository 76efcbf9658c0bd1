using OrleansTasks.Client.Attention;

namespace OrleansTasks.Client.Tests.Attention;

/// <summary>How long the reading of what needs attention rests.</summary>
public sealed class AttentionPaceTests
{
    [Theory]
    [InlineData(1_000, 5_000)] // A cold first reading, alone.
    [InlineData(1_000, 5_000, 4)]
    [InlineData(1_000, 4, 5_000)] // One that waited for something else.
    [InlineData(2_500, 50, 60)]
    [InlineData(2_500, 5_000, 60, 50)]
    [InlineData(20_000, 5_000, 5_000)]
    [InlineData(20_000, 5_000, 60_000, 700)]
    public void Rest_IsFiftyTimesTheUsualReading_WithinBounds(int rest, params int[] readings)
    {
        var pace = default(AttentionPace);
        foreach (var took in readings)
            pace.Note(TimeSpan.FromMilliseconds(took));

        Assert.Equal(rest, pace.Rest.TotalMilliseconds);
    }
}
