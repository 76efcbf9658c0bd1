namespace OrleansTasks.Cli.Api;

/// <summary>
/// Limits how many failures in a row a wait tolerates: by default five, with pauses of 1, 2, 3, 3 and 3 seconds, which is
/// long enough for a service to restart.
/// </summary>
internal sealed class Patience(TimeProvider time, int most = Patience.Usual)
{
    /// <summary>The failures in a row that a wait tolerates.</summary>
    public const int Usual = 5;

    /// <summary>The failures in a row that a program tolerates while it feeds a job: about ten minutes.</summary>
    public const int OfFeed = 200;

    private int breaks;

    /// <summary>Returns whether a failure may be temporary: a lost connection, or a gateway that is starting.</summary>
    public static bool IsPassing(Exception failure) =>
        failure is HttpRequestException or IOException or RefusedException { IsPassing: true }
            or TaskCanceledException { InnerException: TimeoutException };

    /// <summary>Resets the count, because something was received.</summary>
    public void Restore() => breaks = 0;

    /// <summary>Waits before the next try. Returns false at once after too many failures in a row.</summary>
    public async Task<bool> Bear(CancellationToken cancellation)
    {
        if (breaks == most)
            return false;
        await Task.Delay(TimeSpan.FromSeconds(Math.Min(++breaks, 3)), time, cancellation);
        return true;
    }

    /// <summary>Repeats a call until it succeeds. Throws the last failure after too many in a row.</summary>
    public async Task<T> Repeat<T>(Func<Task<T>> call, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                var answer = await call();
                Restore();
                return answer;
            }
            catch (Exception failure) when (IsPassing(failure))
            {
                if (!await Bear(cancellation))
                    throw;
            }
        }
    }
}
