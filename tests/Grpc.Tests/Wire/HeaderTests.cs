using OrleansTasks.Grpc.Wire;

namespace OrleansTasks.Grpc.Tests.Wire;

public sealed class HeaderTests
{
    [Theory]
    [InlineData("1H", 3_600_000)]
    [InlineData("2M", 120_000)]
    [InlineData("3S", 3_000)]
    [InlineData("4m", 4)]
    [InlineData("99999999S", 99_999_999_000.0)]
    [InlineData("5u", 0.005)]
    [InlineData("50n", 0.0001)]
    public void Timeout_OfEveryUnit_IsRead(string text, double milliseconds)
    {
        Assert.True(GrpcTimeout.TryParse(text, out var timeout));
        Assert.Equal(milliseconds, timeout.TotalMilliseconds, 6);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("1s")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData("1 S")]
    [InlineData("123456789S")]
    public void Timeout_OfAnotherForm_IsNotRead(string text) => Assert.False(GrpcTimeout.TryParse(text, out _));

    [Theory]
    [InlineData(1, "1u")]
    [InlineData(99_999_999, "99999999u")]
    [InlineData(100_000_000, "100000m")]
    [InlineData(100_000_001, "100001m")]
    [InlineData(86_400_000_000, "86400000m")]
    [InlineData(864_000_000_000, "864000S")]
    public void Timeout_OfAnyLength_IsWrittenInEightDigitsAndNeverShorter(long microseconds, string expected) =>
        Assert.Equal(expected, GrpcTimeout.Format(TimeSpan.FromMicroseconds(microseconds)));

    [Theory]
    [InlineData("plain text, with punctuation!", "plain text, with punctuation!")]
    [InlineData("100 %", "100 %25")]
    [InlineData("line\nbreak", "line%0Abreak")]
    [InlineData("größe", "gr%C3%B6%C3%9Fe")]
    public void Message_AnyText_IsEncodedAndReadBack(string text, string encoded)
    {
        Assert.Equal(encoded, StatusText.Encode(text));
        Assert.Equal(text, StatusText.Decode(encoded));
    }

    [Theory]
    [InlineData("50%")]
    [InlineData("%4")]
    [InlineData("%zz")]
    public void Message_BadlyEncoded_StaysAsItIs(string text) => Assert.Equal(text, StatusText.Decode(text));

    [Fact]
    public void Message_VeryLong_IsCutBetweenCharacters()
    {
        var cut = StatusText.Decode(StatusText.Encode("x" + new string('ß', 5_000)));
        Assert.InRange(cut.Length, 1_000, 1_100);
        Assert.DoesNotContain('\ufffd', cut);
    }

    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("application/grpc+proto", true)]
    [InlineData("Application/GRPC; charset=utf-8", true)]
    [InlineData("application/grpc+json", false)]
    [InlineData("application/grpcweb", false)]
    [InlineData("application/json", false)]
    [InlineData(null, false)]
    public void ContentType_IsJudged(string? type, bool expected) => Assert.Equal(expected, GrpcHeaders.IsGrpc(type));
}
