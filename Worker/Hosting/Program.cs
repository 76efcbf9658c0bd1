using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTasks.Settings;
using OrleansTasks.Telemetry;
using OrleansTasks.Worker.Handover;
using OrleansTasks.Worker.Supervision;

namespace OrleansTasks.Worker.Hosting;

/// <summary>The program of a remote worker.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        try
        {
            if (args.Contains(WorkerCommand.CheckOption))
                return Check(args);
            if (Supervisor.Run(() => SayFarewell(args), isReplaceable: true) is { } ended)
                return ended;
            if (new WorkerCommand().Parse(args, Environment.GetEnvironmentVariable, Console.Out) is not { } options)
                return 0;
            await using var services = WorkerLog.Create(options.LogFormat);
            OtlpExport.Start(services);
            try
            {
                await new WorkerRun(options, services.GetRequiredService<ILoggerFactory>(), Console.Out).RunAsync();
            }
            finally
            {
                await OtlpExport.End(services);
            }

            return 0;
        }
        catch (StartRefusedException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return refused.ExitCode;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The message names the file and why it cannot be used.
            await Console.Error.WriteLineAsync(failure.Message);
            return StartRefusedException.Forbidden;
        }
    }

    /// <summary>
    /// Tells whether this program can start with these options and, if a running worker asks, take over its work.
    /// </summary>
    private static int Check(string[] args)
    {
        if (new WorkerCommand().Parse(args, Environment.GetEnvironmentVariable, Console.Out) is not { } options)
            return 0;
        if ((OtlpExport.Fault ?? TermsFault(options)) is { } fault)
            throw new StartRefusedException(fault, StartRefusedException.BadOption);
        Console.Out.WriteLine("the options are valid");
        return 0;
    }

    private static string? TermsFault(WorkerOptions options) =>
        Environment.GetEnvironmentVariable(HandoverTerms.Variable) is { Length: > 0 } terms ? HandoverTerms.FaultOf(options, terms) : null;

    private static void SayFarewell(string[] args)
    {
        if (new WorkerCommand().Parse(args, Environment.GetEnvironmentVariable, TextWriter.Null) is { } options)
            Farewell.SayAsync(options).GetAwaiter().GetResult();
    }
}
