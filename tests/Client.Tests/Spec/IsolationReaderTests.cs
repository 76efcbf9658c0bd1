using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Spec;

public sealed class IsolationReaderTests
{
    [Fact]
    public void Read_Omitted_LeavesItToTheService()
    {
        var spec = Reading.Valid("""{"cmd":"x"}""");

        Assert.Null(spec.Isolation);
        Assert.Equal(Limits.None, spec.Needs);
    }

    [Theory]
    [InlineData("\"none\"", Isolation.None, Limits.None)]
    [InlineData("{\"kind\":\"none\"}", Isolation.None, Limits.None)]
    [InlineData("\"sandbox\"", Isolation.Sandbox, Limits.Sandbox)]
    [InlineData("{\"kind\":\"sandbox\"}", Isolation.Sandbox, Limits.Sandbox)]
    public void Read_EitherForm_IsTheSame(string isolation, Isolation kind, Limits needs)
    {
        var spec = Reading.Valid($$"""{"cmd":"x","isolation":{{isolation}}}""");

        Assert.Equal((kind, needs), (spec.Isolation!.Kind, spec.Needs));
        Assert.False(spec.Isolation.UsesHostNetwork);
        Assert.Empty(spec.Isolation.Read.AddRange(spec.Isolation.Write));
    }

    [Fact]
    public void Read_EveryField_IsUnderstood()
    {
        var isolation = Reading.Valid(
            """{"cmd":"x","isolation":{"kind":"sandbox","network":"host","read":["/data","/é"],"write":["/scratch/"]}}""").Isolation!;

        Assert.True(isolation.UsesHostNetwork);
        Assert.Equal(["/data", "/é"], isolation.Read);
        Assert.Equal(["/scratch/"], isolation.Write);
    }

    [Theory]
    [InlineData("1", "isolation")]
    [InlineData("null", "isolation")]
    [InlineData("\"Sandbox\"", "isolation")]
    [InlineData("\"container\"", "isolation")]
    [InlineData("{}", "isolation.kind")]
    [InlineData("{\"kind\":\"vm\"}", "isolation.kind")]
    [InlineData("{\"kind\":7}", "isolation.kind")]
    [InlineData("{\"kind\":\"sandbox\",\"network\":\"allow\"}", "isolation.network")]
    [InlineData("{\"kind\":\"sandbox\",\"network\":\"\"}", "isolation.network")]
    [InlineData("{\"kind\":\"sandbox\",\"networks\":\"host\"}", "isolation.networks")]
    [InlineData("{\"kind\":\"sandbox\",\"read\":\"/data\"}", "isolation.read")]
    [InlineData("{\"kind\":\"sandbox\",\"read\":[\"data\"]}", "isolation.read[0]")]
    [InlineData("{\"kind\":\"sandbox\",\"read\":[\"/a\",\"/a/../b\"]}", "isolation.read[1]")]
    [InlineData("{\"kind\":\"sandbox\",\"write\":[\"/a\\u0000\"]}", "isolation.write[0]")]
    [InlineData("{\"kind\":\"sandbox\",\"write\":[1]}", "isolation.write[0]")]
    [InlineData("{\"kind\":\"none\",\"network\":\"host\"}", "isolation.network")]
    [InlineData("{\"kind\":\"none\",\"write\":[\"/a\"]}", "isolation.write")]
    public void Read_AFault_IsNamedByItsField(string isolation, string path) =>
        Assert.Equal(path, Reading.Invalid($$"""{"cmd":"x","isolation":{{isolation}}}""").Path);

    [Fact]
    public void ReadStored_AKindThatIsUnknown_IsNotReadAsNone() =>
        Assert.Throws<FormatException>(static () => OrleansTasks.Tasks.Spec.TaskSpecReader.ReadStored("""{"cmd":"x","isolation":"vm"}"""u8, default));
}
