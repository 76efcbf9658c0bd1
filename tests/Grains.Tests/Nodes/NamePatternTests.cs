using OrleansTasks.Trust;

namespace OrleansTasks.Grains.Tests.Nodes;

public sealed class NamePatternTests
{
    [Theory]
    [InlineData("*", "")]
    [InlineData("*", "w1")]
    [InlineData("w1", "w1")]
    [InlineData("gpu-*", "gpu-")]
    [InlineData("gpu-*", "gpu-7.example")]
    [InlineData("*-gpu", "a-gpu-gpu")]
    [InlineData("a*b*c", "abc")]
    [InlineData("a*b*c", "axbxbxc")]
    [InlineData("a**a", "aa")]
    public void Matches_Name_IsTrue(string pattern, string name) => Assert.True(NamePattern.Matches(pattern, name));

    [Theory]
    [InlineData("w1", "w2")]
    [InlineData("w1", "w11")]
    [InlineData("w?", "w1")]
    [InlineData("gpu-*", "gpu")]
    [InlineData("gpu-*", "GPU-1")]
    [InlineData("*-gpu", "gpu-1")]
    [InlineData("a*a", "a")]
    [InlineData("ab*bc", "abc")]
    [InlineData("a*b*c", "acb")]
    public void Matches_OtherName_IsFalse(string pattern, string name) => Assert.False(NamePattern.Matches(pattern, name));
}
