using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Tests.Processes.Users;

/// <summary>What is started in a command's place, so that it runs as another user.</summary>
public sealed class UserSwitchTests
{
    private static readonly RunAsUser User = UserRange.Parse("300000-300999", "setpriv")!.OfTask(300_001);

    [Theory]
    [InlineData("LD_PRELOAD")]
    [InlineData("TMPDIR")]
    [InlineData("OTASK_LATER_0")]
    public void Wrap_AVariableThatSteers_ItsValueIsInNoArgumentAndItsNameNotInTheEnvironment(string name)
    {
        var wrapped = UserSwitch.Wrap(Request(new(name, "a secret"), new("PATH", "/bin")), User);

        Assert.DoesNotContain(wrapped.Arguments, static argument => argument.Contains("secret", StringComparison.Ordinal));
        Assert.Equal(["a secret", "/bin"], wrapped.Environment.Select(static variable => variable.Value));
        if (name != "OTASK_LATER_0") Assert.DoesNotContain(name, wrapped.Environment.Select(static variable => variable.Key));
    }

    [Fact]
    public void Wrap_VariablesThatSteer_HaveTheirNamesBackWhenTheCommandBegins()
    {
        KeyValuePair<string, string>[] given =
        [
            new("LD_A", "a 'b' \"c\" $PATH ${HOME} \\ # \t\n"), new("OTASK_LATER_0", "mine"), new("PATH", "/usr/bin:/bin"), new("LD_'\\x y", "odd"),
            new("TMPDIR", ""),
        ];
        var wrapped = UserSwitch.Wrap(Request(given) with { Arguments = ["env", "-0"] }, User);
        var start = new System.Diagnostics.ProcessStartInfo("/usr/bin/env") { RedirectStandardOutput = true };
        start.Environment.Clear();
        foreach (var (name, value) in wrapped.Environment) start.Environment[name] = value;
        // Without setpriv.
        foreach (var argument in wrapped.Arguments.SkipWhile(static one => one != "/usr/bin/env").Skip(1))
            start.ArgumentList.Add(argument);

        using var process = System.Diagnostics.Process.Start(start)!;
        var seen = process.StandardOutput.ReadToEnd().Split('\0')[..^1];

        Assert.Equal(given.Select(static one => $"{one.Key}={one.Value}").Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Wrap_NothingSteers_OnlyTheUserIsChanged()
    {
        var wrapped = UserSwitch.Wrap(Request(new KeyValuePair<string, string>("A", "b")), User);

        Assert.Equal(["setpriv", "--reuid=300001", "--regid=300001", "--clear-groups"], wrapped.Arguments.Take(4));
        Assert.Equal(["--no-new-privs", "--", "id", "-u"], wrapped.Arguments.TakeLast(4));
    }

    private static StartRequest Request(params KeyValuePair<string, string>[] environment) =>
        new() { Arguments = ["id", "-u"], Environment = environment };
}
