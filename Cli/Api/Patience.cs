namespace OrleansTasks.Cli.Api;

/// <summary>
/// How many lost connections in a row a wait bears, and how long it waits after each: five, with 1, 2 and then 3 seconds between, which
/// a service that is started again needs.
/// </summary>
internal sealed class Patience(TimeProvider time)
{
    private const int Most = 5;
    private int breaks;

    /// <summary>Whether a failure may be over soon: a lost connection, or a gateway that starts.</summary>
    public static bool IsPassing(Exception failure) =>
        failure is HttpRequestException or IOException or RefusedException { IsPassing: true }
            or TaskCanceledException { InnerException: TimeoutException };

    /// <summary>Something came: what is lost from here on counts anew.</summary>
    public void Restore() => breaks = 0;

    /// <summary>Waits before the next try; false at once when there have been enough.</summary>
    public async Task<bool> Bear(CancellationToken cancellation)
    {
        if (breaks == Most)
            return false;
        await Task.Delay(TimeSpan.FromSeconds(Math.Min(++breaks, 3)), time, cancellation);
        return true;
    }

    /// <summary>Repeats a call until it is answered; throws what it failed of when it cannot be borne any more.</summary>
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
