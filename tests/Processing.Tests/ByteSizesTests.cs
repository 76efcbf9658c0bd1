using OrleansTasks.Processing.Text;

namespace OrleansTasks.Processing.Tests;

public sealed class ByteSizesTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("123", 123)]
    [InlineData("1KiB", 1_024)]
    [InlineData("500MiB", 524_288_000)]
    [InlineData("20GiB", 21_474_836_480)]
    [InlineData("8388607TiB", 9_223_370_937_343_148_032)]
    public void TryParse_Size_IsItsBytes(string text, long bytes)
    {
        Assert.True(ByteSizes.TryParse(text, out var parsed));
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GiB")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1 GiB")]
    [InlineData("1.5GiB")]
    [InlineData("1gib")]
    [InlineData("1GB")]
    [InlineData("8388608TiB")]
    [InlineData("9223372036854775808")]
    public void TryParse_AnythingElse_IsRefused(string text) => Assert.False(ByteSizes.TryParse(text, out _));
}
