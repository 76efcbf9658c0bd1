using System.ComponentModel;
using System.Diagnostics;

namespace OrleansTasks.Cli.Profiles;

/// <summary>Gets a key from the program that a profile names.</summary>
internal static class KeyProgram
{
    /// <summary>
    /// The first line that a shell's line prints. Throws <see cref="UsageException"/> when it fails or prints nothing.
    /// </summary>
    public static string Ask(string line)
    {
        try
        {
            // What it says on stderr, and what it asks on the terminal, reaches the caller.
            using var shell =
                Process.Start(new ProcessStartInfo("/bin/sh", ["-c", line]) { RedirectStandardOutput = true })!;
            var key = shell.StandardOutput.ReadToEnd().Split('\n')[0].Trim();
            shell.WaitForExit();
            if (shell.ExitCode != 0)
                throw new UsageException($"the profile's keyCommand ended with {shell.ExitCode}.");
            return key.Length > 0 ? key : throw new UsageException("the profile's keyCommand printed no key.");
        }
        catch (Win32Exception e)
        {
            throw new UsageException($"the profile's keyCommand cannot be started: {e.Message}");
        }
    }
}
