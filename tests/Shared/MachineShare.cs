using OrleansTasks.Tests;

[assembly: AssemblyFixture(typeof(MachineShare))]

namespace OrleansTasks.Tests;

/// <summary>
/// Keeps test programs apart that `dotnet test` starts side by side: System.Tests, which starts whole services and kills them, has the
/// machine to itself; all others share it. A lock on one file beside the built programs says so, and dies with its process.
/// </summary>
public sealed class MachineShare : IAsyncLifetime
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    // Ten seconds: a program that another one keeps waiting for longer says why it does nothing.
    private const int QuietWaits = 50;
    private FileStream? held;

    /// <summary>Waits for the machine; it counts for no test.</summary>
    public async ValueTask InitializeAsync()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "..", "..", ".machine");
        var share = typeof(MachineShare).Assembly.GetName().Name == "System.Tests" ? FileShare.None : FileShare.Read;
        for (var waits = 0; held is null; waits++)
        {
            try
            {
                held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Read, share);
            }
            catch (IOException)
            {
                if (waits == QuietWaits)
                    await Console.Error.WriteLineAsync($"waiting for another test program, which holds {path}");
                await Task.Delay(Pause, TimeProvider.System);
            }
        }
    }

    /// <summary>Leaves the machine to others.</summary>
    public async ValueTask DisposeAsync()
    {
        if (held is not null) await held.DisposeAsync();
    }
}
