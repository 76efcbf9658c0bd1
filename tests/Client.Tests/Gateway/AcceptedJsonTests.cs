using System.Text;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>That the answer to a submitted task is the same, byte for byte, as the general way of writing tasks makes it.</summary>
public sealed class AcceptedJsonTests
{
    private static readonly TaskIdSource Ids = new(TimeProvider.System, new Random(1));

    [Theory]
    [InlineData("touch", "default")]
    [InlineData("", "q-1.x_y")]
    [InlineData("Grüße 🚀", "default")]
    public void Write_NameAndQueue_IsWhatTheGeneralWriterMakes(string name, string queue) =>
        Assert.Equal(General(New(name), queue), Written(New(name), queue));

    [Fact]
    public void Write_AnyCharacter_IsWhatTheGeneralWriterMakes()
    {
        foreach (var code in Enumerable.Range(0, 0x180).Append(0x2028).Append(0xfffd))
        {
            var text = $"a{(char)code}b";
            Assert.Equal(General(New(text), "q"), Written(New(text), "q"));
            Assert.Equal(General(New(), text), Written(New(), text));
        }
    }

    [Theory]
    [InlineData("k1", "", null)]
    [InlineData("k1", "night shift", "olga")]
    [InlineData("k1", "Grüße \"🚀\"", null)]
    [InlineData(null, null, "o\\lga")]
    public void Write_Submitter_IsWhatTheGeneralWriterMakes(string? key, string? name, string? says)
    {
        var task = New() with { Submitter = new(key, name, says), SecretEnv = "{}"u8.ToArray() };
        Assert.Equal(General(task, "q"), Written(task, "q"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    public void Write_Priority_IsWhatTheGeneralWriterMakes(byte priority) =>
        Assert.Equal(General(New() with { Priority = priority }, "q"), Written(New() with { Priority = priority }, "q"));

    [Fact]
    public void Write_TaskOfLater_IsScheduled()
    {
        var task = New() with { RunAt = Id.CreatedAt + 1 };
        Assert.Equal(General(task, "q"), Written(task, "q"));
        Assert.Contains("\"scheduled\"", Written(task, "q"), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_TaskAfterAnother_IsScheduled()
    {
        var task = New() with { After = [new TaskDependency(Id, EndCondition.Ended)] };
        Assert.Equal(General(task, "q"), Written(task, "q"));
        Assert.Contains("\"scheduled\"", Written(task, "q"), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_TaskOfNow_IsQueued()
    {
        var task = New() with { RunAt = Id.CreatedAt };
        Assert.Equal(General(task, "q"), Written(task, "q"));
        Assert.Contains("\"queued\"", Written(task, "q"), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Labels_AreShown()
    {
        var task = New() with { Labels = [new Label("a", "b\""), new Label("c", "")] };
        Assert.Equal(General(task, "q"), Written(task, "q"));
    }

    [Fact]
    public void Write_LongSpec_IsWhole()
    {
        var task = New() with { Spec = Encoding.UTF8.GetBytes($$"""{ "cmd": "{{new string('é', 300_000)}}" }""") };
        Assert.Equal(General(task, "q"), Written(task, "q"));
    }

    private static TaskId Id { get; } = Ids.Next();

    private static TaskSubmission New(string name = "x") => new(
        Id, name, 5, 0, 0, RetryPolicy.Default, [], [], default, Encoding.UTF8.GetBytes("""{"cmd":"touch /tmp/x"}"""), default);

    private static string Written(TaskSubmission task, string queue)
    {
        var answer = JsonAnswer.Rent();
        AcceptedJson.Write(answer, task, queue);
        return Encoding.UTF8.GetString(answer.ToArray());
    }

    private static string General(TaskSubmission task, string queue)
    {
        var answer = JsonAnswer.Rent();
        HotJson<TaskAnswer>.Write(answer.Writer, TaskAnswer.Of(AcceptedTask.Of(task, queue)));
        return Encoding.UTF8.GetString(answer.ToArray());
    }
}
