namespace OrleansTasks.Client.Figures;

/// <summary>
/// The newest values of a series in one resolution, by the number of the step; NaN where nothing is known.
/// </summary>
/// <param name="size">How many steps are kept.</param>
internal sealed class StepRing(int size)
{
    private readonly float[] values = new float[size];

    /// <summary>The first step that has had a value; -1 before.</summary>
    public long First { get; private set; } = -1;

    /// <summary>The last step that has a value; -1 before.</summary>
    public long Last { get; private set; } = -1;

    /// <summary>The value of a step.</summary>
    public float this[long step] => First < 0 || step < First || step > Last || step <= Last - values.Length
        ? float.NaN : values[step % values.Length];

    /// <summary>Sets the value of a step after all others; an earlier step is left as it is.</summary>
    public void Set(long step, float value)
    {
        if (step <= Last)
            return;
        if (First < 0 || step - Last >= values.Length)
            (First, Last) = (step, step - 1);
        for (var missing = Last + 1; missing < step; missing++)
            values[missing % values.Length] = float.NaN;
        values[step % values.Length] = value;
        Last = step;
    }
}
