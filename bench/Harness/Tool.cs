using System.ComponentModel;
using System.Diagnostics;

namespace OrleansTasks.Bench.Harness;

/// <summary>Starts programs that a machine may lack.</summary>
internal static class Tool
{
    /// <exception cref="ToolMissingException">The program is not installed.</exception>
    public static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception error) when (error.NativeErrorCode == 2)
        {
            throw new ToolMissingException($"{start.FileName} is not installed: apt-get install {start.FileName}");
        }
    }
}

/// <summary>A scenario needs a program that is not installed. The message names it.</summary>
internal sealed class ToolMissingException(string message) : Exception(message);
