using System.Text.Json.Serialization;
using OrleansTasks.Contract;

namespace OrleansTasks.Tasks;

/// <summary>
/// The capabilities besides labels that a task may require of a node: enforcing kinds of limits, and passing on
/// results. The values are stored and must not change.
/// </summary>
[Flags, JsonConverter(typeof(FlagsConverter<Limits>))]
public enum Limits : ushort
{
    /// <summary>No limit.</summary>
    None = 0,

    /// <summary>Limits the memory of the whole process tree.</summary>
    [JsonStringEnumMemberName("memoryBytes")]
    Memory = 1,

    /// <summary>Limits the processor time of the whole process tree.</summary>
    [JsonStringEnumMemberName("cpuTime")]
    CpuTime = 2,

    /// <summary>Limits the number of concurrent processes.</summary>
    [JsonStringEnumMemberName("processes")]
    Processes = 4,

    /// <summary>Limits the number of open files of each process.</summary>
    [JsonStringEnumMemberName("openFiles")]
    OpenFiles = 8,

    /// <summary>Not a limit: the worker reads the result that a command leaves.</summary>
    Results = 16,

    /// <summary>
    /// Not a limit, and no task requires it: the node only takes tasks that require a label <c>handler/NAME</c>.
    /// </summary>
    HandlersOnly = 32,

    /// <summary>Not a limit: the worker puts files into working folders and keeps artifacts.</summary>
    Files = 64,

    /// <summary>Not a limit: the worker has shown that it can run commands in a sandbox.</summary>
    Sandbox = 128,

    // 256 is taken where nodes are stored: the worker evaluates chunks.

    /// <summary>Not a limit: the worker has shown that it can run commands in containers.</summary>
    Container = 512,

    /// <summary>Not a limit: the worker has shown that its sandboxes can reach listed hosts.</summary>
    SandboxHosts = 1024,

    /// <summary>Not a limit: the worker can give commands cores of their own.</summary>
    Pins = 2048,
}
