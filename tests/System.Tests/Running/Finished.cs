using System.Diagnostics;

namespace OrleansTasks.System.Tests.Running;

/// <summary>A program that has run to its end.</summary>
/// <param name="ExitCode">What it ended with.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Errors">Its standard error.</param>
internal sealed record Finished(int ExitCode, string Output, string Errors)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>Runs a program; it must end within a minute.</summary>
    public static Task<Finished> Run(string program, params string[] arguments) => Run(program, arguments, []);

    /// <summary>Runs a program with further environment variables.</summary>
    public static Task<Finished> Run(string program, string[] arguments, (string Name, string Value)[] environment) =>
        Run(program, arguments, environment, Minute);

    /// <summary>Runs a program that must end within a limit.</summary>
    public static async Task<Finished> Run(
        string program, string[] arguments, (string Name, string Value)[] environment, TimeSpan within)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = BuiltPrograms.Repository,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(within, TimeProvider.System);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {within}: {await output}{await errors}");
        }

        return new Finished(process.ExitCode, await output, await errors);
    }
}
