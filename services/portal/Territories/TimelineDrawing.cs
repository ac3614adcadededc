namespace Fabrique.Portal.Territories;

/// <summary>
/// Where everything stands on the drawing of a trajectory: a ruler of years true to scale, then each phase with its milestones, and below
/// it the part of the inhabitants. Several phases side by side on a wide screen, one below the other on a phone. Units are pixels.
/// </summary>
public sealed class TimelineDrawing
{
    private const int Edge = 14;
    private const int RulerY = 52;
    private const int Gap = 18;
    private const int Padding = 14;
    private const int PebbleWidth = 18;

    private readonly List<Line> _texts = [];
    private readonly List<Shape> _shapes = [];
    private readonly List<(int X, int Y)> _pebbles = [];

    private TimelineDrawing(int width) => Width = width;

    /// <summary>A line of text. The class says what it is: date, title, role…</summary>
    public sealed record Line(int X, int Y, string Text, string Class);

    /// <summary>A drawn path, and which phase it belongs to, from 0.</summary>
    public sealed record Shape(string Path, string Class, int Phase);

    public int Width { get; }

    public int Height { get; private set; }

    public IReadOnlyList<Line> Texts => _texts;

    public IReadOnlyList<Shape> Shapes => _shapes;

    public IReadOnlyList<(int X, int Y)> Pebbles => _pebbles;

    /// <param name="phases">What is drawn; at least one with a milestone.</param>
    /// <param name="width">Of the drawing.</param>
    /// <param name="columns">How many phases stand side by side.</param>
    public static TimelineDrawing Of(IReadOnlyList<PhaseMilestones> phases, int width, int columns)
    {
        var drawing = new TimelineDrawing(width);
        var middles = drawing.Ruler(phases);
        var across = Math.Min(columns, phases.Count);
        var column = (width - (Gap * (across - 1))) / across;
        var y = RulerY + (across > 1 ? 62 : 26);
        foreach (var row in phases.Index().Chunk(across))
        {
            if (across > 1 && row[0].Index == 0)
            {
                drawing._shapes.AddRange(
                    row.Where(cell => middles[cell.Index] is not null)
                        .Select(
                            (cell, at) =>
                                new Shape(
                                    $"M{middles[cell.Index]} {RulerY + 8}C{middles[cell.Index]} {RulerY + 40} {Left(at) + (column / 2)} {RulerY + 26} {Left(at) + (column / 2)} {RulerY + 60}",
                                    "link",
                                    cell.Index
                                )
                        )
                );
            }

            y = drawing.Row(row, y, column) + (Gap * 2);
        }

        drawing.Height = y - Gap;
        return drawing;

        int Left(int at) => at * (column + Gap);
    }

    /// <summary>The ruler: decades, and on it each phase from its first to its last date. Gives the middle of each phase.</summary>
    private int?[] Ruler(IReadOnlyList<PhaseMilestones> phases)
    {
        var years = phases.SelectMany(phase => phase.Milestones).Select(milestone => Year(milestone.Date)).ToList();
        var (first, last) = (years.Min(), years.Max());
        _shapes.Add(new($"M{Edge} {RulerY}H{Width - Edge}", "ruler", 0));
        var decades = Enumerable.Range(0, 400).Select(ten => ten * 10).Where(year => year >= first - 1 && year <= last + 1).ToList();
        foreach (var year in decades.Where((_, at) => at % ((decades.Count / 8) + 1) == 0))
        {
            _shapes.Add(new($"M{X(year)} {RulerY - 12}v24", "tick", 0));
            _texts.Add(new(X(year), RulerY - 20, $"{year}", "decade"));
        }

        var middles = phases
            .Select(
                (phase, at) =>
                {
                    if (phase.Milestones.Count == 0)
                    {
                        return (int?)null;
                    }

                    var (start, end) = (X(Year(phase.Milestones[0].Date)), X(Year(phase.Milestones[^1].Date)));
                    _shapes.Add(new($"M{start} {RulerY}H{Math.Max(end, start + 1)}", "span", at));
                    return (start + end) / 2;
                }
            )
            .ToArray();
        // Years too near to each other for two pebbles share one.
        var reached = int.MinValue / 2;
        foreach (var x in years.Distinct().Order().Select(X).Where(x => x - reached >= PebbleWidth))
        {
            _pebbles.Add((x, RulerY));
            reached = x;
        }
        return middles;

        int X(int year) =>
            first == last
                ? Width / 2
                : Edge + 10 + (int)((Width - (2.0 * (Edge + 10))) * (Math.Clamp(year, first, last) - first) / (last - first));
    }

    /// <summary>
    /// Phases side by side: heads, milestones and parts of the inhabitants begin at the same height. Gives where the row ends.
    /// </summary>
    private int Row((int Index, PhaseMilestones Item)[] row, int top, int column)
    {
        var inner = column - (Padding * 2);
        var heads = row.Select(cell => SvgText.Wrap(cell.Item.Phase.Title, 18, inner - 16, bold: true)).ToList();
        // A territory that names no periods has nothing to head its only column with.
        var headless = row is [{ Index: 0, Item.Phase.Code: "" }];
        var body = headless ? top : top + (heads.Max(lines => lines.Count) * 23) + 54;
        var roles = body;
        for (var at = 0; at < row.Length; at++)
        {
            var (left, (index, phase)) = (at * (column + Gap), row[at]);
            var y = body + 16;
            if (!headless)
            {
                _shapes.Add(
                    new(
                        $"M{left} {top}H{left + column - 12}L{left + column} {(top + body - 14) / 2}L{left + column - 12} {body - 14}H{left}L{left + 10} {(top + body - 14) / 2}z",
                        "head",
                        index
                    )
                );
                var dates = Write(heads[at], left + Padding + 8, top + 27, 23, $"head-title on-{index % 4}");
                _texts.Add(new(left + Padding + 8, dates, Show.Span(phase.Phase.Start, phase.Phase.End), $"head-dates on-{index % 4}"));
            }
            foreach (var milestone in phase.Milestones)
            {
                _pebbles.Add((left + 10, y - 5));
                _texts.Add(new(left + Padding + 14, y, Show.Date(milestone.Date), "date"));
                y = Write(SvgText.Wrap(milestone.Title, 15, inner - 14), left + Padding + 14, y + 20, 20, "step") + 14;
            }

            _shapes.Add(new($"M{left + 10} {body}V{y - 22}", "trail", index));
            roles = Math.Max(roles, y);
        }

        if (row.All(cell => cell.Item.Phase.InhabitantsRole.Length == 0))
        {
            return roles;
        }

        var parts = row.Select(cell => SvgText.Wrap(cell.Item.Phase.InhabitantsRole, 16, inner, bold: true)).ToList();
        var bottom = roles + 40 + (parts.Max(lines => lines.Count) * 21);
        for (var at = 0; at < row.Length; at++)
        {
            if (parts[at].Count == 0)
            {
                continue;
            }

            var left = at * (column + Gap);
            _shapes.Add(new($"M{left} {roles}h{column}V{bottom}h-{column}z", "role-box", row[at].Index));
            _texts.Add(new(left + Padding, roles + 22, T["Les habitants"], "role-label"));
            Write(parts[at], left + Padding, roles + 44, 21, "role-name");
        }

        return bottom;
    }

    private int Write(IReadOnlyList<string> lines, int x, int y, int height, string kind)
    {
        _texts.AddRange(lines.Select((line, at) => new Line(x, y + (at * height), line, kind)));
        return y + (lines.Count * height);
    }

    // What a later release dates otherwise is still somewhere on the ruler.
    private static int Year(string date) => date.Length >= 4 && int.TryParse(date[..4], out var year) ? year : 0;
}
