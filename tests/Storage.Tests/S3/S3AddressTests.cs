using OrleansTasks.Storage.S3;

namespace OrleansTasks.Storage.Tests.S3;

public sealed class S3AddressTests
{
    [Theory]
    [InlineData("s3://tasks", "tasks", "", null, "us-east-1", false)]
    [InlineData("s3://tasks/", "tasks", "", null, "us-east-1", false)]
    [InlineData("s3://my.tasks/a/b?region=eu-central-1", "my.tasks", "a/b/", null, "eu-central-1", false)]
    [InlineData("s3://tasks/a/?endpoint=http://127.0.0.1:9000", "tasks", "a/", "http://127.0.0.1:9000/", "us-east-1",
        true)]
    [InlineData("s3://tasks?endpoint=https%3A%2F%2Fs3.example.org%2F&style=host", "tasks", "",
        "https://s3.example.org/", "us-east-1", false)]
    [InlineData("s3://tasks?style=path", "tasks", "", null, "us-east-1", true)]
    public void TryParse_OfAnAddress_ReadsItsParts(
        string text, string bucket, string prefix, string? endpoint, string region, bool isPathStyle)
    {
        Assert.True(S3Address.TryParse(text, static _ => null, out var address));
        Assert.Equal((bucket, prefix, endpoint, region, isPathStyle),
            (address.Bucket, address.Prefix, address.Endpoint?.ToString(), address.Region, address.IsPathStyle));
    }

    [Theory]
    [InlineData("")]
    [InlineData("tasks")]
    [InlineData("s3://")]
    [InlineData("s3://t")]
    [InlineData("s3://Tasks")]
    [InlineData("s3://tasks/../other")]
    [InlineData("s3://tasks//a")]
    [InlineData("s3://tasks/a b")]
    [InlineData("s3://tasks/a\n")]
    [InlineData("s3://tasks?endpoint=127.0.0.1:9000")]
    [InlineData("s3://tasks?endpoint=ftp://127.0.0.1")]
    [InlineData("s3://tasks?endpoint=http://key:secret@127.0.0.1")]
    [InlineData("s3://tasks?endpoint=http://127.0.0.1/path")]
    [InlineData("s3://tasks?region=EU")]
    [InlineData("s3://tasks?style=other")]
    [InlineData("s3://tasks?unknown=1")]
    public void TryParse_OfAnythingElse_IsRefused(string text) =>
        Assert.False(S3Address.TryParse(text, static _ => null, out _));

    [Fact]
    public void TryParse_WithoutARegion_TakesTheEnvironments()
    {
        Assert.True(S3Address.TryParse("s3://tasks", static name => name == "AWS_REGION" ? "eu-west-1" : "eu-west-2",
            out var named));
        Assert.True(S3Address.TryParse("s3://tasks", static name => name == "AWS_DEFAULT_REGION" ? "eu-west-2" : null,
            out var standard));
        Assert.Equal(("eu-west-1", "eu-west-2"), (named.Region, standard.Region));
    }
}
