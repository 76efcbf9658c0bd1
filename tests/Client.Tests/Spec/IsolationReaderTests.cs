using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

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
    [InlineData("\"none\"", IsolationKind.None, Limits.None)]
    [InlineData("{\"kind\":\"none\"}", IsolationKind.None, Limits.None)]
    [InlineData("\"sandbox\"", IsolationKind.Sandbox, Limits.Sandbox)]
    [InlineData("{\"kind\":\"sandbox\"}", IsolationKind.Sandbox, Limits.Sandbox)]
    [InlineData("{\"image\":\"a\",\"kind\":\"container\"}", IsolationKind.Container, Limits.Container)]
    public void Read_EitherForm_IsTheSame(string isolation, IsolationKind kind, Limits needs)
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

    [Fact]
    public void Read_ListedHosts_HaveOneFormAndNeedANodeThatReachesThem()
    {
        var spec = Reading.Valid(
            """{"cmd":"x","isolation":{"allow":["Example.org.:443","[2001:DB8::1]:080","127.0.0.1:5432"],"network":"allow","kind":"sandbox"}}""");

        Assert.Equal(["example.org:443", "[2001:db8::1]:80", "127.0.0.1:5432"], spec.Isolation!.Allow);
        Assert.False(spec.Isolation.UsesHostNetwork);
        Assert.Equal(Limits.Sandbox | Limits.SandboxHosts, spec.Needs);
    }

    [Theory]
    [InlineData("1", "isolation")]
    [InlineData("null", "isolation")]
    [InlineData("\"Sandbox\"", "isolation")]
    [InlineData("\"container\"", "isolation.image")]
    [InlineData("{\"kind\":\"container\"}", "isolation.image")]
    [InlineData("{\"kind\":\"container\",\"image\":7}", "isolation.image")]
    [InlineData("{\"kind\":\"sandbox\",\"image\":\"a\"}", "isolation.image")]
    [InlineData("{\"kind\":\"none\",\"mounts\":[]}", "isolation.mounts")]
    [InlineData("{\"kind\":\"container\",\"image\":\"a\",\"read\":[]}", "isolation.read")]
    [InlineData("{\"kind\":\"container\",\"image\":\"a\",\"pull\":\"often\"}", "isolation.pull")]
    [InlineData("{\"kind\":\"container\",\"image\":\"a\",\"network\":\"bridge\"}", "isolation.network")]
    [InlineData("{\"kind\":\"container\",\"image\":\"a\",\"user\":\"-v\"}", "isolation.user")]
    [InlineData("{\"kind\":\"container\",\"image\":\"a\",\"user\":\"1:2:3\"}", "isolation.user")]
    [InlineData("{\"kind\":\"container\",\"image\":\"a\",\"entrypoint\":\"sh\"}", "isolation.entrypoint")]
    [InlineData("{\"kind\":\"container\",\"image\":\"a\",\"mounts\":[{}]}", "isolation.mounts[0].from")]
    [InlineData("{\"kind\":\"container\",\"image\":\"a\",\"mounts\":[{\"from\":\"/\"}]}", "isolation.mounts[0].from")]
    [InlineData("{\"kind\":\"container\",\"image\":\"a\",\"mounts\":[{\"from\":\"/a\",\"to\":\"//proc//x\"}]}", "isolation.mounts[0].to")]
    [InlineData("{\"kind\":\"container\",\"image\":\"a\",\"mounts\":[{\"from\":\"/a,dst=/\"}]}", "isolation.mounts[0].from")]
    [InlineData("{\"kind\":\"container\",\"image\":\"a\",\"mounts\":[{\"from\":\"/a\",\"to\":\"b\"}]}", "isolation.mounts[0].to")]
    [InlineData("{\"kind\":\"container\",\"image\":\"a\",\"mounts\":[{\"from\":\"/a\",\"mode\":1}]}", "isolation.mounts[0].mode")]
    [InlineData("{}", "isolation.kind")]
    [InlineData("{\"kind\":\"vm\"}", "isolation.kind")]
    [InlineData("{\"kind\":7}", "isolation.kind")]
    [InlineData("{\"kind\":\"sandbox\",\"network\":\"allow\"}", "isolation.allow")]
    [InlineData("{\"kind\":\"sandbox\",\"network\":\"allow\",\"allow\":[]}", "isolation.allow")]
    [InlineData("{\"kind\":\"sandbox\",\"network\":\"allow\",\"allow\":\"a:1\"}", "isolation.allow")]
    [InlineData("{\"kind\":\"sandbox\",\"network\":\"host\",\"allow\":[\"a:1\"]}", "isolation.allow")]
    [InlineData("{\"kind\":\"sandbox\",\"allow\":[\"a:1\"]}", "isolation.allow")]
    [InlineData("{\"kind\":\"none\",\"allow\":[\"a:1\"]}", "isolation.allow")]
    [InlineData("{\"kind\":\"container\",\"image\":\"a\",\"network\":\"allow\"}", "isolation.network")]
    [InlineData("{\"kind\":\"container\",\"image\":\"a\",\"network\":\"allow\",\"allow\":[\"a:1\"]}", "isolation.allow")]
    [InlineData("{\"kind\":\"sandbox\",\"network\":\"allow\",\"allow\":[\"a:1\",\"b\"]}", "isolation.allow[1]")]
    [InlineData("{\"kind\":\"sandbox\",\"network\":\"allow\",\"allow\":[\"https://a:1\"]}", "isolation.allow[0]")]
    [InlineData("{\"kind\":\"sandbox\",\"network\":\"allow\",\"allow\":[7]}", "isolation.allow[0]")]
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
    public void Read_EveryFieldOfAContainer_IsUnderstood()
    {
        var isolation = Reading.Valid(
            """
            {"cmd":"x","isolation":{"kind":"container","image":"docker.io/library/python:3.13","pull":"always","network":"host","user":"app:1000",
            "mounts":[{"from":"/data"},{"from":"/a","to":"/b","readOnly":true}],"entrypoint":true}}
            """).Isolation!;

        Assert.Equal(("docker.io/library/python:3.13", ImagePull.Always, true, "app:1000", true),
            (isolation.Image, isolation.Pull, isolation.UsesHostNetwork, isolation.User, isolation.KeepsEntrypoint));
        Assert.Equal([new ContainerMount("/data", "/data", false), new ContainerMount("/a", "/b", true)], isolation.Mounts);
    }

    [Theory]
    [InlineData("busybox")]
    [InlineData("python:3.13-slim")]
    [InlineData("localhost:5000/team/app")]
    [InlineData("registry.example.org/a/b_c/d--e:Tag.1")]
    [InlineData("oci/thing:1")]
    [InlineData("a@sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03")]
    public void Image_IsAName_IsTaken(string image) => Assert.True(ImageName.IsValid(image));

    [Theory]
    [InlineData("")]
    [InlineData("-v")]
    [InlineData("--privileged")]
    [InlineData("/etc")]
    [InlineData("dir:/etc")]
    [InlineData("dir:etc")]
    [InlineData("oci:latest")]
    [InlineData("docker-archive:x")]
    [InlineData("docker://busybox")]
    [InlineData("containers-storage:x")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("a:b:c")]
    [InlineData("a@sha256:12")]
    [InlineData("../x")]
    public void Image_IsAnOptionOrAFile_IsRefused(string image) => Assert.False(ImageName.IsValid(image));

    [Fact]
    public void ReadStored_AKindThatIsUnknown_IsNotReadAsNone() =>
        Assert.Throws<FormatException>(static () => OrleansTasks.Tasks.Spec.TaskSpecReader.ReadStored("""{"cmd":"x","isolation":"vm"}"""u8, default));
}
