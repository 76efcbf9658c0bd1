using System.Diagnostics;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Sandbox;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>Converts a master's start command to a request for the process host.</summary>
internal static class StartRequests
{
    /// <summary>Returns the request for an attempt's process.</summary>
    public static StartRequest Of(Start start, AttemptEnvironment environment, OutputBuffer output, Activity? span, AttemptFiles? files) => new()
    {
        Arguments = start.Argv,
        Environment = environment.Of(start, span),
        WorkingDirectory = start.Cwd.Length == 0 ? null : start.Cwd,
        Input = start.Stdin.Memory,
        Timeout = start.TimeoutMs > 0 ? WireTime.FromMilliseconds(start.TimeoutMs) : null,
        KillGrace = WireTime.FromMilliseconds(start.KillGraceMs),
        MaxOutputBytes = start.MaxOutputBytes,
        Limits = LimitsOf(start),
        Sandbox = SandboxOf(start),
        TakesResult = start.Result,
        Inputs = start.HasInputs ? start.Inputs.Memory : default(ReadOnlyMemory<byte>?),
        Files = files,
        Output = output,
    };

    /// <summary>Returns the sandbox of a command or of a chunk's commands; null if there is none.</summary>
    public static SandboxRequest? SandboxOf(Start start) => start.Isolation is not { } isolation
        ? null
        : new SandboxRequest { UsesHostNetwork = isolation.HostNetwork, Read = isolation.Read, Write = isolation.Write };

    private static ProcessLimits? LimitsOf(Start start)
    {
        var limits = new ProcessLimits
        {
            MemoryBytes = start.MemoryBytes > 0 ? start.MemoryBytes : null,
            CpuTime = start.CpuTimeMs > 0 ? WireTime.FromMilliseconds(start.CpuTimeMs) : null,
            Processes = start.Processes > 0 ? start.Processes : null,
            OpenFiles = start.OpenFiles > 0 ? start.OpenFiles : null,
        };
        return limits.IsNone ? null : limits;
    }
}
