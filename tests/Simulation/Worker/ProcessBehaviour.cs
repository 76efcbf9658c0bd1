using System.Globalization;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Simulation.Worker;

/// <summary>
/// What a simulated command does, as its arguments say:
/// <c>sim MILLISECONDS EXIT IGNORES-TERM FAILURES BYTES [FAILS-ONE-IN]</c>.
/// </summary>
/// <param name="RunTime">How long it runs.</param>
/// <param name="ExitCode">How it ends.</param>
/// <param name="IgnoresTerm">Whether SIGTERM does not end it.</param>
/// <param name="Failures">How many attempts fail before one ends with <paramref name="ExitCode"/>.</param>
/// <param name="OutputBytes">How much it writes to standard output while it runs.</param>
/// <param name="HasTimeout">Whether its spec limits how long it runs.</param>
/// <param name="TakesResult">Whether it leaves a result.</param>
/// <param name="FailsOneIn">Of so many tasks one fails, by their ids; 0 for none.</param>
/// <param name="LeavesFiles">Whether it leaves artifacts.</param>
internal sealed record ProcessBehaviour(
    TimeSpan RunTime, int ExitCode, bool IgnoresTerm, int Failures, int OutputBytes = 0, bool HasTimeout = true,
    bool TakesResult = false, int FailsOneIn = 0, bool LeavesFiles = false)
{
    /// <summary>The exit code of a command that cannot be started.</summary>
    public const int CannotStart = 127;

    /// <summary>The exit code that stands for an end by a signal.</summary>
    public const int Signalled = 137;

    /// <summary>How long a command with a timeout runs at most, its kill grace included, in milliseconds.</summary>
    public const long MostRunTime = 5_500;

    /// <summary>As the argv of a spec.</summary>
    public string ToJson() => FormattableString.Invariant(
        $"{{\"argv\":[\"sim\",\"{(long)RunTime.TotalMilliseconds}\",\"{ExitCode}\",\"{(IgnoresTerm ? 1 : 0)}\",\"{Failures}\",\"{OutputBytes}\"{(FailsOneIn > 0 ? $",\"{FailsOneIn}\"" : "")}]{(HasTimeout ? ",\"timeout\":\"5s\"" : "")},\"killGrace\":\"500ms\"{(TakesResult ? ",\"result\":true" : "")}{(LeavesFiles ? $",\"artifacts\":[\"{SimArtifacts.Pattern}\"]" : "")}}}");

    /// <summary>Reads the arguments.</summary>
    public static ProcessBehaviour Of(StartRequest request) => new(
        TimeSpan.FromMilliseconds(long.Parse(request.Arguments[1], CultureInfo.InvariantCulture)),
        int.Parse(request.Arguments[2], CultureInfo.InvariantCulture),
        request.Arguments[3] == "1",
        int.Parse(request.Arguments[4], CultureInfo.InvariantCulture),
        int.Parse(request.Arguments[5], CultureInfo.InvariantCulture),
        request.Timeout is not null,
        request.TakesResult,
        request.Arguments.Count > 6 ? int.Parse(request.Arguments[6], CultureInfo.InvariantCulture) : 0,
        request.Files is not null);
}
