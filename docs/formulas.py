"""The formulas of the reference: public name -> LaTeX.

A docstring has its formula as plain text, which reads in `help()`; this is the same for the site.
"""

PAIRS = r"\frac{1}{B^2}\sum_{i,j}"
CENTER = r"d_j = \lVert x - c_j \rVert^2"
FORMULAS = {
    "layers.BilinearAttentionPooling": (
        r"v_{mc} = \frac{1}{HW} \sum_{x,y} A_m(x,y)\, F_c(x,y), \quad"
        r" u = \mathrm{sign}(v) \sqrt{|v|}, \quad y = u / |u|"
    ),
    "layers.CosineToCenters": r"\cos_{ij} = \frac{\langle x_i, c_j\rangle}{|x_i|\,|c_j|}",
    "layers.DivideAndEncode": (
        r"h_k = 2\, T\!\left(\sigma(\langle x_k, w_k\rangle + b_k)\right) - 1"
    ),
    "layers.DomainAwareSqueezeExcite": r"g = \sigma\!\left([h, \mathrm{domain}]\, W_2 + b_2\right)",
    "layers.EdgeConv": (
        r"f'_i = \max_{j \in N(i)} \mathrm{LeakyReLU}"
        r"\!\left(\mathrm{BN}\!\left([f_j - f_i;\, f_i]\, W\right)\right)"
    ),
    "layers.GeM": (r"v_c = \left(\frac{1}{HW}\sum_{x,y} \max(m_{xyc}, \epsilon)^{p}\right)^{1/p}"),
    "layers.HashLayer": r"h = \tanh(x W + b)",
    "layers.InceptionResNetC": (
        r"y = f\!\left(x + s \cdot \mathrm{up}\left([\,b_0(x),\, b_1(x)\,]\right)\right)"
    ),
    "layers.MAC": r"v_c = \max_{x,y} m_{xyc}",
    "layers.PartNodes": r"n_{mc} = \max_{x,y} A_m(x,y)\, F_c(x,y)",
    "layers.PowerMean": r"\left(\frac{1}{n}\sum_i x_i^{p}\right)^{1/p}",
    "layers.RMAC": r"\sum_{r} \frac{v_r}{|v_r| + 10^{-6}}, \quad v_r = \max_{(x,y) \in r} m_{xy}",
    "layers.RootProbabilities": r"r_k = \sqrt{\mathrm{softmax}(z / T)_k}",
    "layers.ScaledTanh": r"h = \tanh(\beta x)",
    "layers.SPoC": r"v_c = \frac{1}{HW}\sum_{x,y} m_{xyc}",
    "layers.SquaredDistanceToCenters": r"d_{ij} = \lVert x_i - c_j \rVert^2",
    "layers.SqueezeExcite": (
        r"y = x \cdot \sigma\!\left(f\left(\bar{x}\, W_1 + b_1\right) W_2 + b_2\right)"
    ),
    "layers.StraightThroughSign": (
        r"h = \mathrm{sign}(x), \quad \frac{\partial h}{\partial x} := 1"
    ),
    "layers.center_update": (
        r"\Delta_j = \frac{\sum_{i:\, y_i = j} (c_j - x_i)}{1 + n_j}, \quad"
        r" c_j \leftarrow c_j - \mathrm{rate}\, \Delta_j"
    ),
    "losses.AdaptiveTripletLoss": (
        r"L = 1 - \sigma\!\left(d(A, N) - d(A, P) - m_1\right), \quad"
        r" m_1 = \mathrm{mean}\left(d(A, N) - d(A, P)\right)"
    ),
    "losses.ArcFace": (
        r"L = -\log \frac{e^{s \cos(\theta_y + m)}}"
        r"{e^{s \cos(\theta_y + m)} + \sum_{j \ne y} e^{s \cos\theta_j}}"
    ),
    "losses.BitBalanceLoss": (
        r"L = \frac{1}{K}\sum_k \left(\frac{1}{B}\sum_i h_{ik}\right)^{2}"
        r" \quad\text{or}\quad L_i = \left(\frac{1}{K}\sum_k h_{ik}\right)^{2}"
    ),
    "losses.CauchyCrossEntropyLoss": (
        r"L = \frac{1}{B (B - 1)}\sum_{i \ne j} w_{ij} \left(s_{ij} \log\frac{d_{ij}}{\gamma}"
        r" + \log\!\left(1 + \frac{\gamma}{d_{ij}}\right)\right), \quad"
        r" d_{ij} = \frac{K}{2}\left(1 - \min(\cos_{ij}, 0.99)\right)"
    ),
    "losses.CauchyQuantizationLoss": (
        r"L = \log\!\left(1 + \frac{d(|h|, \mathbf{1})}{\gamma}\right), \quad"
        r" d = \frac{K}{2}\left(1 - \min(\cos(|h|, \mathbf{1}), 0.99)\right)"
    ),
    "losses.CenterLoss": r"L = \frac{1}{2} \lVert x - c_y \rVert^2",
    "losses.CentralSimilarityLoss": (
        r"L = \frac{1}{K}\sum_k -\log\frac{1 + c_k h_k}{2}"
        r" + w\, \frac{1}{K}\sum_k \log\cosh\left(|h_k| - 1\right)"
    ),
    "losses.ContrastiveLoss": (
        r"L = \frac{1}{2} d(q, p)^2 + \frac{1}{2}\sum_j \left[m - d(q, n_j)\right]_+^2"
    ),
    "losses.CosFace": (
        r"L = -\log \frac{e^{s (\cos_y - m)}}{e^{s (\cos_y - m)} + \sum_{j \ne y} e^{s \cos_j}}"
    ),
    "losses.DPSHLoss": (
        rf"L = {PAIRS} \left(\log(1 + e^{{t_{{ij}}}}) - s_{{ij}} t_{{ij}}\right)"
        r" + \lambda\, \mathrm{mean}\left(|h| - 1\right)^2, \quad"
        r" t_{ij} = \frac{1}{2}\langle h_i, h_j\rangle"
    ),
    "losses.DSHLoss": (
        rf"L = {PAIRS} \frac{{s_{{ij}} d_{{ij}} + (1 - s_{{ij}}) [m - d_{{ij}}]_+}}{{2}}"
        r" + \lambda\, \mathrm{mean}\, \big|\,|h| - 1\,\big|, \quad"
        r" d_{ij} = \lVert h_i - h_j \rVert^2"
    ),
    "losses.DTSHLoss": (
        r"L = \mathrm{mean}_{A}\, \mathrm{mean}_{P, N}"
        r" \log\left(1 + e^{\,m - (t_{AP} - t_{AN})}\right)"
        r" + \lambda\, \mathrm{mean}\left(|h| - 1\right)^2, \quad"
        r" t_{ij} = \frac{1}{2}\langle h_i, h_j\rangle"
    ),
    "losses.HashNetLoss": (
        rf"L = {PAIRS} w_{{ij}} \left(\log(1 + e^{{t_{{ij}}}}) - s_{{ij}} t_{{ij}}\right), \quad"
        r" t_{ij} = \alpha \langle h_i, h_j\rangle"
    ),
    "losses.ImprovedCenterLoss": (
        r"L = \frac{d_y}{2\,(\bar{d}_{j \ne y} + \delta)}"
        rf" \quad\text{{(ratio)}}, \qquad {CENTER}"
    ),
    "losses.MultiSimilarityLoss": (
        r"L_i = \frac{1}{\alpha} \log\!\left(1 + \sum_{p} e^{-\alpha (S_{ip} - \lambda)}\right)"
        r" + \frac{1}{\beta} \log\!\left(1 + \sum_{n} e^{\beta (S_{in} - \lambda)}\right)"
    ),
    "losses.MultiplicativeEuclideanMarginSoftmax": (
        r"L = -\log \frac{e^{-m^2 d_y}}{e^{-m^2 d_y} + \sum_{j \ne y} e^{-d_j}},"
        rf" \qquad {CENTER}"
    ),
    "losses.PairContrastiveLoss": (
        r"L = \mathrm{mean}_{\text{alike}}\, \frac{d^2}{2}"
        r" + \mathrm{mean}_{\text{different}}\, \frac{[m - d]_+^2}{2}"
    ),
    "losses.ProxyAnchor": (
        r"L = \frac{1}{|P^+|}\sum_{j \in P^+} \log\!\left(1 + \sum_{i:\, y_i = j}"
        r" e^{-\alpha (c_{ij} - \delta)}\right) + \frac{1}{|P|}\sum_{j \in P}"
        r" \log\!\left(1 + \sum_{i:\, y_i \ne j} e^{\alpha (c_{ij} + \delta)}\right)"
    ),
    "losses.ProxyNCA": (
        r"L = s\, d_{iy} + \log \sum_{j \ne y} e^{-s\, d_{ij}}, \quad d_{ij} = 2 - 2 \cos_{ij}"
    ),
    "losses.QuantizationLoss": r"L = \frac{1}{K}\sum_k \big|\,|h_k| - 1\,\big|^{p}",
    "losses.RankMarginLoss": (
        r"L = \frac{[d(q, p) - m_p]_+^2}{2}"
        r" + \frac{w}{2} \sum_j \left[m + (j - 1)\,\delta - d(q, n_j)\right]_+^2"
        r" + r \sum_j \left[d(q, t_j) - d(q, t_{j+1}) + \delta\right]_+"
    ),
    "losses.Sum": r"L = \sum_t w_t\, L_t",
    "losses.SupervisedContrastiveLoss": (
        r"L_i = -\frac{1}{|P_i|}\sum_{p \in P_i}"
        r" \log \frac{e^{S_{ip} / T}}{\sum_{a \ne i} e^{S_{ia} / T}}"
    ),
    "losses.TripletLoss": r"L = \left[d(A, P) - d(A, N) + m\right]_+",
    "losses.TupleTripletLoss": r"L = \sum_j \left[d(q, p)^2 - d(q, n_j)^2 + m\right]_+",
    "mining.all_pairs_margin": (
        r"m_1 = \mathrm{mean}_{y_i \ne y_j}\, d_{ij}"
        r" - \mathrm{mean}_{y_i = y_j,\, i \ne j}\, d_{ij}"
    ),
    "mining.mined_margin": r"m_1 = \frac{1}{T}\sum_t \left(d(A_t, N_t) - d(A_t, P_t)\right)",
    "fitting.IterativeQuantization": (
        r"\min_{B,\, R}\ \lVert B - V R \rVert^2, \quad B = \mathrm{sign}(V R),\ R^T R = I"
    ),
    "fitting.LearnedWhitening": (
        r"v = V^T L^{-1} (x - m), \quad L L^T = S, \qquad y = \frac{v}{|v| + 10^{-6}}"
    ),
    "fitting.PCAWhitening": (
        r"v = \Lambda^{-1/2}\, V^T (x - m), \qquad y = \frac{v}{|v| + 10^{-6}}"
    ),
    "fitting.random_hyperplanes": (
        r"z = (x - \bar{x}_{\mathrm{fit}})\, W, \quad W_{ij} \sim \mathcal{N}(0, 1 / K)"
    ),
}
