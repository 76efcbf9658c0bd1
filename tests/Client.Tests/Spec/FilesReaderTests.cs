using System.Text;
using OrleansTasks.Processing.Files;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tests.Spec;

/// <summary>What a task's spec may say about files, and how faults are named.</summary>
public sealed class FilesReaderTests
{
    private const string Hash = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    private const string Digits = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752";
    private const string Other = "019f5a2c-7d10-7c3a-8b00-0342ab12cd33";

    private static TaskId OtherId => TaskId.TryParse(Other, out var id) ? id : throw new FormatException();

    [Fact]
    public void Files_OfEverySource_AreRead()
    {
        var spec = Reading.Valid($$"""
            {"cmd": "x", "files": [
              {"path": "in/sales.csv", "file": "{{Hash}}", "executable": true},
              {"path": "lib/", "task": "{{Other}}", "artifacts": "lib/**"},
              {"path": "one.txt", "task": "{{Other}}", "artifacts": "out/one.txt"},
              {"path": "model", "url": "https://a.example/m?x", "sha256": "{{Digits}}"}]}
            """);

        Assert.Equal(
            [
                new TaskFile { Path = "in/sales.csv", File = FileName.Parse(Hash), IsExecutable = true },
                new TaskFile { Path = "lib/", Task = OtherId, Artifacts = "lib/**" },
                new TaskFile { Path = "one.txt", Task = OtherId, Artifacts = "out/one.txt" },
                new TaskFile { Path = "model", Url = "https://a.example/m?x", Hash = FileName.Parse("sha256:" + Digits) },
            ],
            spec.Files);
        Assert.Empty(spec.Artifacts);
        Assert.Equal([FileName.Parse(Hash)], spec.NamedFiles);
        Assert.Equal([FileName.Parse(Hash), FileName.Parse("sha256:" + Digits)], spec.KeptFiles);
    }

    [Fact]
    public void Artifacts_InBothForms_AreRead()
    {
        var spec = Reading.Valid("""
            {"cmd": "x", "maxArtifactBytes": 5, "artifacts": ["out/**", {"path": "log/*.txt", "optional": true, "on": "ended"}]}
            """);

        Assert.Equal([new TaskArtifact("out/**"), new TaskArtifact("log/*.txt", IsOptional: true, AtAnyEnd: true)], spec.Artifacts);
        Assert.Equal(5, spec.MaxArtifactBytes);
        Assert.Equal(1L << 30, Reading.Valid("""{"cmd": "x"}""").MaxArtifactBytes);
    }

    [Theory]
    [InlineData("0", 0L)]
    [InlineData("\"7\"", 7L)]
    [InlineData("\"3KiB\"", 3_072L)]
    [InlineData("\"2GiB\"", 2L << 30)]
    [InlineData("\"1TiB\"", 1L << 40)]
    [InlineData("\"2TiB\"", -1L)]
    [InlineData("-1", -1L)]
    [InlineData("1.5", -1L)]
    [InlineData("true", -1L)]
    [InlineData("\"1 GiB\"", -1L)]
    [InlineData("\"1GB\"", -1L)]
    [InlineData("\"99999999999999999999KiB\"", -1L)]
    [InlineData("\"9999999999999TiB\"", -1L)]
    public void MaxArtifactBytes_MayHaveAUnit(string value, long bytes)
    {
        var text = $$"""{"cmd": "x", "maxArtifactBytes": {{value}}}""";
        if (bytes < 0)
            Assert.Equal("maxArtifactBytes", Reading.Invalid(text).Path);
        else
            Assert.Equal(bytes, Reading.Valid(text).MaxArtifactBytes);
    }

    [Theory]
    [InlineData("""{"path": "a"}""", "files[0]")]
    [InlineData("""{"path": "a", "file": "H", "url": "https://a.example/x", "sha256": "H"}""", "files[0]")]
    [InlineData("""{"file": "H"}""", "files[0].path")]
    [InlineData("""{"path": "a", "file": "sha256:9F86"}""", "files[0].file")]
    [InlineData("""{"path": "a/", "file": "H"}""", "files[0].path")]
    [InlineData("""{"path": "a", "file": "H", "artifacts": "*"}""", "files[0].artifacts")]
    [InlineData("""{"path": "a", "file": "H", "sha256": "H"}""", "files[0].sha256")]
    [InlineData("""{"path": "a/", "task": "T"}""", "files[0].artifacts")]
    [InlineData("""{"path": "a", "task": "T", "artifacts": "*.txt"}""", "files[0].path")]
    [InlineData("""{"path": "a/", "task": "no", "artifacts": "*"}""", "files[0].task")]
    [InlineData("""{"path": "a/", "task": "T", "artifacts": "../*"}""", "files[0].artifacts")]
    [InlineData("""{"path": "a/", "node": "n", "artifacts": "*"}""", "files[0].node")]
    [InlineData("""{"path": "a", "url": "https://a.example/x"}""", "files[0].sha256")]
    [InlineData("""{"path": "a", "url": "http://a.example/x", "sha256": "H"}""", "files[0].url")]
    [InlineData("""{"path": "a", "url": "https://u:p@a.example/x", "sha256": "H"}""", "files[0].url")]
    [InlineData("""{"path": "a", "url": "https://a.example/x", "sha256": "12"}""", "files[0].sha256")]
    [InlineData("""{"path": "a", "file": "H", "executable": 1}""", "files[0].executable")]
    [InlineData("""{"path": "a", "file": "H"}, {"path": "a", "file": "H"}""", "files[1].path")]
    [InlineData("""{"path": "a", "file": "H"}, {"path": "a/b", "file": "H"}""", "files[1].path")]
    [InlineData("""{"path": "a/b/c", "file": "H"}, {"path": "a", "file": "H"}""", "files[0].path")]
    [InlineData("""{"path": "a", "file": "H"}, {"path": "a/", "task": "T", "artifacts": "*"}""", "files[1].path")]
    public void Files_WithAFault_AreRefusedByName(string files, string path)
    {
        var text = files.Replace("\"H\"", $"\"{Hash}\"", StringComparison.Ordinal).Replace("\"T\"", $"\"{Other}\"", StringComparison.Ordinal);

        Assert.Equal(path, Reading.Invalid($$"""{"cmd": "x", "files": [{{text}}]}""").Path);
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../up")]
    [InlineData("a/../b")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("")]
    [InlineData("a\\u0000b")]
    public void Path_ThatMayLeaveTheFolder_IsRefused(string path) =>
        Assert.Equal("files[0].path", Reading.Invalid($$"""{"cmd": "x", "files": [{"path": "{{path}}", "file": "{{Hash}}"}]}""").Path);

    [Theory]
    [InlineData("‥/a")]
    [InlineData("...")]
    [InlineData("a\\\\b")]
    [InlineData(" a ")]
    public void Path_OfAnOrdinaryName_IsTaken(string path) =>
        Assert.Single(Reading.Valid($$"""{"cmd": "x", "files": [{"path": "{{path}}", "file": "{{Hash}}"}]}""").Files);

    [Theory]
    [InlineData("""["a/../*"]""", "artifacts[0]")]
    [InlineData("""["a", 1]""", "artifacts[1]")]
    [InlineData("""[{"optional": true}]""", "artifacts[0].path")]
    [InlineData("""[{"path": "["}]""", "artifacts[0].path")]
    [InlineData("""[{"path": "a", "on": "failed"}]""", "artifacts[0].on")]
    public void Artifacts_WithAFault_AreRefusedByName(string artifacts, string path) =>
        Assert.Equal(path, Reading.Invalid($$"""{"cmd": "x", "artifacts": {{artifacts}}}""").Path);

    [Fact]
    public void Files_WithAFolderOfTheTasksOwn_AreRefused()
    {
        var (_, errors) = Reading.Task($$"""{"cmd": "x", "cwd": "/tmp", "files": [{"path": "a", "file": "{{Hash}}"}], "artifacts": ["b"]}""");

        Assert.Equal(["files", "artifacts"], errors.Items.Select(static error => error.Path));
    }

    [Theory]
    [InlineData(""" "task": {"cmd": "x", "files": [{"path": "a", "file": "H"}]}""", null)]
    [InlineData(""" "task": {"cmd": "x", "files": [{"path": "a", "file": "H"}, {"path": "b/", "task": "T", "artifacts": "*"}]}""", "task.files[1].task")]
    [InlineData(""" "workflow": {"nodes": [{"name": "a", "task": {"cmd": "x", "files": [{"path": "a", "file": "H"}]}}]}""", null)]
    [InlineData(""" "workflow": {"nodes": [{"name": "a", "task": {"cmd": "x", "files": [{"path": "b/", "task": "T", "artifacts": "*"}]}}]}""", "workflow.nodes[0].task.files[0].task")]
    public void Files_OfASchedule_AreItsOwn_AndNotThoseOfATaskThatRetentionRemoves(string starts, string? path)
    {
        var errors = new SpecErrors();
        var text = starts.Replace("\"H\"", $"\"{Hash}\"", StringComparison.Ordinal).Replace("\"T\"", $"\"{Other}\"", StringComparison.Ordinal);
        var spec = ScheduleSpecReader.Read(Encoding.UTF8.GetBytes($$"""{"cron": "0 0 * * *", {{text}} }"""), Reading.Now, errors);

        Assert.Equal(path, errors.Items.SingleOrDefault().Path);
        if (path is null)
            Assert.Equal([FileName.Parse(Hash)], spec!.NamedFiles);
    }

    [Fact]
    public void Files_TooMany_AreRefused()
    {
        var entries = string.Join(',', Enumerable.Range(0, TaskFile.Most + 1).Select(static i => $$"""{"path":"f{{i}}","file":"{{Hash}}"}"""));
        Assert.Equal("files", Reading.Invalid($$"""{"cmd": "x", "files": [{{entries}}]}""").Path);
        var patterns = string.Join(',', Enumerable.Repeat("\"a\"", TaskArtifact.Most + 1));
        Assert.Equal("artifacts", Reading.Invalid($$"""{"cmd": "x", "artifacts": [{{patterns}}]}""").Path);
    }
}
