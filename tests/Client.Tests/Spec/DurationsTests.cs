using OrleansTasks.Processing.Text;

namespace OrleansTasks.Client.Tests.Spec;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("250ms", 250)]
    [InlineData("1.5s", 1_500)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("30d", 2_592_000_000)]
    [InlineData("1d2h3m4s5ms", 93_784_005)]
    [InlineData("0s", 0)]
    [InlineData("0.5ms", 0.5)]
    public void TryParse_ValidText_GivesItsLength(string text, double milliseconds)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
        Assert.True(Durations.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out var same));
        Assert.Equal(duration, same);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("+1s")]
    [InlineData("1 s")]
    [InlineData(" 1s")]
    [InlineData("1s ")]
    [InlineData(".5s")]
    [InlineData("1.s")]
    [InlineData("1.2.3s")]
    [InlineData("1e3s")]
    [InlineData("1S")]
    [InlineData("1w")]
    [InlineData("30m1h")]
    [InlineData("1s1s")]
    [InlineData("1µs")]
    [InlineData("PT1S")]
    [InlineData("99999999999999999999d")]
    [InlineData("999999999999999d")]
    [InlineData("٣s")]
    public void TryParse_AnythingElse_IsRefused(string text)
    {
        Assert.False(Durations.TryParse(text, out _));
        Assert.False(Durations.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out _));
    }

    [Theory]
    [InlineData("250ms")]
    [InlineData("1.5s")]
    [InlineData("2m")]
    [InlineData("1h30m")]
    [InlineData("1d2h3m4.005s")]
    [InlineData("0s")]
    [InlineData("0.25ms")]
    public void Format_WhatWasRead_IsTheSameText(string text)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(text, Durations.Format(duration));
    }
}
