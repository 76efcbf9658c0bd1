using System.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Spec;

public sealed class SpecDigestTests
{
    [Theory]
    [InlineData("""{"cmd":"echo hi"}""", "echo hi", 1)]
    [InlineData("""{"argv":["rsync","-a","/x y"],"retry":{"backoff":"1s","on":{"exit":{"maxAttempts":9}},"maxAttempts":3}}""", "rsync -a /x y", 3)]
    [InlineData("""{"env":{"cmd":"no"},"labels":{"argv":"no"},"cmd":"caf\u00e9 \ud83d\ude00"}""", "café 😀", 1)]
    [InlineData("""{"cmd":"first","stdin":"\ud800"}""", "first", 1)]
    [InlineData("""{"cmd":"cut off","name":""", "cut off", 1)]
    [InlineData("", "", 1)]
    public void Read_Spec_HasCommandAndAttempts(string spec, string command, int attempts) =>
        Assert.Equal(new SpecDigest(command, attempts), SpecDigest.Read(Encoding.UTF8.GetBytes(spec)));

    [Fact]
    public void ShownCommand_LongOne_IsCutWithoutHalvingACharacter()
    {
        Assert.Equal(new string('a', 200), new SpecDigest(new string('a', 201), 1).ShownCommand);
        Assert.Equal(new string('a', 199), new SpecDigest(new string('a', 199) + "😀", 1).ShownCommand);
        Assert.Equal(new string('a', 198) + "😀", new SpecDigest(new string('a', 198) + "😀b", 1).ShownCommand);
    }

    [Theory]
    [InlineData("RSYNC", true)]
    [InlineData("Élan", true)]
    [InlineData("nightly", true)]
    [InlineData("secret", false)]
    public void Contains_NameOrCommandInAnyCase(string text, bool expected) => Assert.Equal(
        expected, SpecDigest.Contains("Nightly", """{"cmd":"rsync \u00e9lan","stdin":"secret"}"""u8, text));

    [Theory]
    [InlineData(TaskState.Running, 100, 0, 400)]
    [InlineData(TaskState.Succeeded, 100, 350, 250)]
    [InlineData(TaskState.Cancelled, 0, 350, -1)]
    [InlineData(TaskState.Assigned, 0, 0, -1)]
    [InlineData(TaskState.Succeeded, 350, 100, 0)]
    public void Took_CountsRunningAttemptsToNow(TaskState state, long started, long ended, long expected) =>
        Assert.Equal(expected, TaskSorts.Took(state, started, ended, now: 500));
}
