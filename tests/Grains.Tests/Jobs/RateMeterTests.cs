using OrleansTasks.Jobs;

namespace OrleansTasks.Grains.Tests.Jobs;

/// <summary>How many items a second a job has processed lately.</summary>
public sealed class RateMeterTests
{
    private const long Start = 1_000_000;
    private readonly RateMeter meter = new();

    [Fact]
    public void Rate_WithoutNotes_IsZero() => Assert.Equal(0, meter.Rate(Start, 0));

    [Fact]
    public void Rate_OfSteadyNotes_IsTheirSlope()
    {
        for (var second = 0; second <= 60; second++)
            meter.Note(Start + (second * 1_000), second * 40);
        Assert.Equal(40, meter.Rate(Start + 60_000, 2_400), 6);
    }

    [Fact]
    public void Rate_WithNotesFurtherApartThanTheWindow_CountsTheItemsBetweenThem()
    {
        meter.Note(Start, 0);
        meter.Note(Start + 20_000, 100);
        Assert.Equal(5, meter.Rate(Start + 20_000, 100), 6);
        meter.Note(Start + 40_000, 300);
        Assert.Equal(10, meter.Rate(Start + 40_000, 300), 6);
    }

    [Fact]
    public void Rate_LongAfterTheLastNote_IsZero()
    {
        meter.Note(Start, 0);
        meter.Note(Start + 1_000, 500);
        Assert.True(meter.Rate(Start + 2_000, 500) > 0);
        Assert.Equal(0, meter.Rate(Start + 60_000, 500));
    }

    [Fact]
    public void Rate_AfterAPause_CountsOnlyTheLastSeconds()
    {
        meter.Note(Start, 0);
        meter.Note(Start + 1_000, 100_000);
        meter.Note(Start + 60_000, 100_000);
        meter.Note(Start + 61_000, 100_010);
        meter.Note(Start + 66_000, 100_060);
        Assert.Equal(10, meter.Rate(Start + 66_000, 100_060), 6);
    }

    [Fact]
    public void Rate_AfterTheClockWasSetBack_IsAsBefore()
    {
        meter.Note(Start, 0);
        meter.Note(Start + 20_000, 100);

        meter.ClockStepped(-3_600_000);

        Assert.Equal(5, meter.Rate(Start + 20_000 - 3_600_000, 100), 6);
    }
}
